"""Whatever is read from outside ends in an answer or in an error of ours: bounded here, for as long as wanted in `make fuzz`."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.probes.postgres.conninfo import Written, parse_conninfo
from forge_doctor.probes.postgres.login_rules import LoginRules, Messages
from forge_doctor.probes.postgres.scram import ScramProblem, scram
from forge_doctor.probes.postgres.simple_query import SimpleSession, StatementRefused
from forge_doctor.probes.postgres.target import Host, Secret, Target
from forge_doctor.redaction import redact, redact_dsn
from forge_doctor.redaction.held import mask_held
from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.report import Report
from forge_doctor.sql.masking import sqlcommenter_tags, without_values
from tests.fuzz.fuzzed import EXAMPLES, FEW, fuzzed
from tests.render.safety import acting_characters
from tests.render.strategies import REPORTS
from tests.support.engine_logs import read_text
from tests.support.log_reading import read_whole
from tests.support.migration_cases import report_of, write_tree
from tests.support.pages import Page
from tests.support.secret_corpus import CANARY, texts
from tests.support.server_logs import FORMATS, Logged

CORPUS = texts()
PIECES = st.lists(
    st.one_of(st.sampled_from(CORPUS), st.text(max_size=30), st.sampled_from("\n\"'\\[](){}@:;&=,")), max_size=9
)
TARGET = Target(hosts=(Host(name="h"),), user="u", database="d")
# Bytes that begin as a message does.
FRAMES = st.builds(
    lambda kind, size, body: kind + struct.pack("!i", size if size is not None else len(body) + 4) + body,
    st.sampled_from([b"R", b"S", b"T", b"D", b"E", b"Z", b"C", b"K", b"N", b"v"]),
    st.one_of(st.none(), st.none(), st.none(), st.integers(-5, 70)),
    st.binary(max_size=60),
)


@fuzzed
@given(PIECES)
def test_redaction_answers_and_says_the_same_twice(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert len(redact(text, 50)) <= 50
    for shown in (redact(text), redact_dsn(text), mask_held(text)):
        assert isinstance(shown, str)


@fuzzed
@given(st.sampled_from(CORPUS), st.text(st.characters(exclude_characters="\\\"'`"), max_size=20))
def test_no_word_before_a_secret_lets_it_through(text: str, before: str) -> None:
    assert CANARY not in redact(f"{before}\n{text}")


@fuzzed
@given(st.text(max_size=200))
def test_statements_are_masked_whatever_they_are(text: str) -> None:
    without_values(text)
    assert all(len(value) <= 200 for value in sqlcommenter_tags(text).values())


@fuzzed
@given(st.one_of(st.text(max_size=80), st.text(max_size=60).map("postgresql://".__add__)))
def test_a_connection_string_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(UsageProblem):
        parse_conninfo(Written(text=text, source="--dsn"))


@fuzzed
@given(st.lists(st.one_of(FRAMES, st.binary(max_size=40)), max_size=8), st.integers(1, 50))
def test_a_login_is_judged_however_it_arrives(frames: list[bytes], step: int) -> None:
    stream, messages = b"".join(frames), Messages()
    with contextlib.suppress(ValueError):
        for at in range(0, len(stream), step):
            for kind, body in messages.feed(stream[at : at + step]):
                if kind == b"R":
                    LoginRules().refusal(body, is_private=False, authenticated=False)


@fuzzed
@given(st.lists(FRAMES, max_size=8))
def test_the_console_s_answer_is_read_or_refused(frames: list[bytes]) -> None:
    async def ask() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(b"".join(frames))
        reader.feed_eof()
        await SimpleSession(target=TARGET, reader=reader, writer=cast("Any", _Nowhere())).query("SHOW POOLS;")

    # What the session's own context turns into `CannotInspect`.
    with contextlib.suppress(
        CannotInspect, StatementRefused, asyncio.IncompleteReadError, struct.error, ValueError, LookupError, TypeError
    ):
        asyncio.run(ask())


class _Nowhere:
    def write(self, data: bytes) -> None:
        """Sent to nobody."""


@fuzzed
@given(st.one_of(st.binary(max_size=80), st.text("rsiv=,0123456789abcX+/", max_size=60).map(str.encode)))
def test_a_password_exchange_ends(message: bytes) -> None:
    exchange = scram(Secret("p"))
    next(exchange)
    if LoginRules().refusal(struct.pack("!i", 11) + message, is_private=False, authenticated=True):
        return
    with contextlib.suppress(ScramProblem, ValueError, StopIteration):
        exchange.send(message)


@fuzzed
@given(st.lists(st.one_of(st.sampled_from(CORPUS), st.text(max_size=60)), max_size=8))
def test_any_log_is_read(lines: list[str]) -> None:
    trace = 'Traceback (most recent call last):\n  File "/app/a.py", line 1, in f\n    x()\nValueError: '
    log = "\n".join(f"2026-11-22 08:00:00 ERROR {trace if at % 2 else ''}{line}" for at, line in enumerate(lines))
    read_whole(log.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))


@fuzzed
@given(REPORTS)
@pytest.mark.skipif(EXAMPLES <= FEW, reason="tests/render/test_html.py tries as many")
def test_any_report_is_a_page_on_which_nothing_acts(reports: list[Report]) -> None:
    text = render(reports, OutputFormat.HTML, RenderOptions())
    assert list(Page(text).acting()) == []
    assert acting_characters(text) == set()


RAN = st.builds(
    lambda how, text, detail, cut: Logged(message=f"duration: 12.5 ms  {how}{text}"[:cut], detail=detail),
    st.sampled_from(["statement: ", "execute s1: ", "plan:\nQuery Text: ", "plan:\n{", "parse <unnamed>: "]),
    st.one_of(st.sampled_from(CORPUS), st.text(st.characters(codec="utf-8"), max_size=60)),
    st.sampled_from(["", "Parameters: $1 = 'a', $2 = NULL", "Parameters: $1 = '", "parameters: x"]),
    st.integers(10, 400),
)


@fuzzed
@given(st.sampled_from(sorted(FORMATS)), st.lists(RAN, max_size=6), st.integers(0, 30))
def test_any_log_of_a_server_is_read_for_slow(tmp_path: Path, form: str, records: list[Logged], cut: int) -> None:
    text = FORMATS[form](records).encode("utf-8", "surrogatepass")
    read_text(tmp_path, text[: len(text) - cut], names=["p.csv" if form == "csvlog" else "p.log"])


CALLS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "op.execute(",
                "op.add_column('orders', sa.Column(",
                "op.drop_index(",
                "sa.text(",
                "for x in ",
                "if ",
                ")",
                "'",
                '"""',
                "UPDATE orders SET a = 1",
                "\n    ",
                "nullable=False",
                "f'{x}'",
                ":",
                "def upgrade():",
                "with op.batch_alter_table('orders') as b:",
                "ALTER TABLE orders",
            ]
        ),
        st.text(max_size=8),
    ),
    max_size=14,
)


@pytest.mark.slow
@fuzzed
@given(CALLS)
def test_any_revision_is_read_or_refused(tmp_path: Path, calls: list[str]) -> None:
    body = "".join(calls).encode("utf-8", "replace").decode()
    with contextlib.suppress(CannotInspect, UsageProblem):
        assert not [
            one for one in report_of(write_tree(tmp_path, f"def upgrade():\n    {body}\n")).not_run if one.crashed
        ]
