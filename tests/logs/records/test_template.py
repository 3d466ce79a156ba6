"""Lines of one kind have one template, whatever ids, numbers and values are in them; lines of two kinds have two."""

from __future__ import annotations

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from forge_doctor.logs.problems.telling.report import triage
from forge_doctor.logs.records.template import ANY, alike, folded, template_of
from forge_doctor.redaction import redact
from tests.support.log_reading import read_scanned

# But for words that name a secret: what stands behind those is taken out.
WORDS = st.text(string.ascii_lowercase, min_size=3, max_size=9).filter(
    lambda word: all(
        redact(f"{word}{by}{value}") == f"{word}{by}{value}"
        for by in (" ", "=")
        for value in ("7f3a91", "2adcb445-f233-3678-8de3-2681b0169c14")
    )
)
HEX = st.text("0123456789abcdef", min_size=8, max_size=8)
VALUES = st.one_of(
    st.integers(0, 10**9).map(str),
    st.uuids().map(str),
    st.ip_addresses(v=4).map(lambda address: f"{address}:5432"),
    st.builds("0x{}".format, HEX),
    st.text(string.ascii_letters + " ", max_size=12).map(lambda text: f"'{text}'"),
    st.floats(0, 1e6).map(lambda number: f"{number:.3f}ms"),
    st.datetimes().map(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}"),
    st.builds("order-{}".format, st.integers(0, 999)),
)
KINDS = st.lists(st.one_of(WORDS, st.none()), min_size=4, max_size=9).filter(lambda kind: sum(map(bool, kind)) >= 3)


def line(kind: list[str | None], values: list[str]) -> str:
    left = iter(values)
    return " ".join(word or next(left) for word in kind)


@given(KINDS, st.data())
@settings(max_examples=150, deadline=None)
def test_values_do_not_tell_lines_apart(kind, data):
    values = st.lists(VALUES, min_size=len(kind), max_size=len(kind))
    first, second = (line(kind, data.draw(values)) for _ in range(2))
    expected = " ".join(word or ANY for word in kind)
    assert {template_of(alike(one.encode())) for one in (first, second)} == {expected}


@given(st.lists(KINDS, min_size=1, max_size=4, unique_by=lambda kind: (len(kind), kind[0])), st.data())
@settings(max_examples=40, deadline=None)
def test_error_lines_are_counted_by_kind_and_a_healthy_log_has_none(kinds, data):
    values = st.lists(VALUES, min_size=9, max_size=9)
    head = "2026-03-09 02:14:{:02},000 {} [shop.worker] {}\n"
    lines = [
        (level, line(kind, data.draw(values))) for kind in kinds for level in ("ERROR", "CRITICAL", "ERROR", "INFO")
    ]
    log = "".join(head.format(at % 60, level, text) for at, (level, text) in enumerate(lines))
    report = triage(read_scanned(log.encode()), "shop")
    assert report.data["problems"] == []
    assert sorted(one["count"] for one in report.data["other_errors"]) == [3] * len(kinds)
    assert {(one.check, one.confidence.label) for one in report.findings} == {("unknown-error", "medium")}
    quiet = log.replace("ERROR", "INFO").replace("CRITICAL", "WARNING")
    assert triage(read_scanned(quiet.encode()), "shop").findings == ()


def test_names_that_vary_are_seen_where_there_are_three_and_two_stay_apart():
    names = ("alice", "bob", "carol", "dave")
    lines = [f"could not bill customer {name} for this month" for name in names]
    assert set(folded(lines).values()) == {f"could not bill customer {ANY} for this month"}
    assert folded(lines[:2]) == {}
    assert folded(["queue is full", "queue was closed", "queue has gone"]) == {}


def test_what_a_traceback_or_a_wrapper_says_is_not_said_again():
    frames = 'Traceback (most recent call last):\n  File "/app/a.py", line 3, in f\n    g()\n'
    head = "2026-03-09 02:14:03,000 ERROR [shop] "
    log = f"{head}Exception in ASGI application\n{head}job failed\n{frames}KeyError: 'x'\n"
    log += f"{head}left\n{frames}asyncio.exceptions.CancelledError\n{head}Worker (pid:9) was sent SIGTERM!\n"
    others = triage(read_scanned(log.encode()), "shop").data["other_errors"]
    assert [(one["signature"], one["count"]) for one in others] == [("KeyError", 1)]
