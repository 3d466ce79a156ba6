"""Whatever layout a format has, the same problems, counts, places and times are told, and a healthy log stays silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.streams.carriers.test_carriers import read
from tests.support.log_heads import ANY_TIMES, Head, drawn_layout, drawn_pairs, drawn_rare

BEGAN = 1796003111.0
FAILED_AT, JAMMED_AT, BROKEN_AT = (7, 21), (10, 14, 26), 30
TRACE = (
    "Traceback (most recent call last):",
    '  File "/app/shop/orders.py", line 17, in keep',
    "    await session.commit()",
    "sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't call await_only() here.",
    "(Background on this error at: https://sqlalche.me/e/20/xd2s)",
)
QUIET = ("cart {} of 3 was kept", "0 errors in batch {}", "GET /carts/{} 200", "retry {} after a failure: done")


def log(head: Head, *, healthy: bool) -> bytes:
    lines = []
    for second in range(34):
        at = BEGAN + 61 * second
        quiet = ("INFO", "DEBUG", "INFO", "WARNING")[second % 4]
        lines.append(head(at, quiet, QUIET[second % 4].format(second)))
        if not healthy and second in FAILED_AT:
            lines += [head(at, "ERROR", "the order was not kept"), *TRACE]
        if not healthy and second in JAMMED_AT:
            lines.append(head(at, "ERROR", f"the till {second} is jammed"))
        if not healthy and second == BROKEN_AT:
            lines.append(head(at, "CRITICAL", f"the till {second} is jammed"))
    return ("\n".join(lines) + "\n").encode()


@pytest.mark.parametrize("seed", range(60))
def test_any_layout_gives_the_same(seed: int, tmp_path: Path) -> None:
    head = drawn_layout(seed)
    found = read(tmp_path / "input", log(head, healthy=False))
    groups = list(found.summary.groups.values())
    assert found.problem == ""
    assert {one.signature: (one.count, one.culprit and one.culprit.line) for one in groups if one.signature} == {
        "missing-greenlet": (2, 17)
    }
    errors = [one for one in groups if not one.signature]
    assert sum(one.count for one in errors) == len(JAMMED_AT) + 1
    for one in groups:
        first = BEGAN + 61 * (FAILED_AT[0] if one.signature else JAMMED_AT[0])
        if one.signature or len(errors) == 1:
            assert one.first == pytest.approx(first, abs=1.5), head(BEGAN, "INFO", "")


@pytest.mark.parametrize("seed", range(40))
def test_a_rare_notation_gives_the_same(seed: int, tmp_path: Path) -> None:
    head, timed = drawn_rare(seed)
    groups = list(read(tmp_path / "input", log(head, healthy=False)).summary.groups.values())
    known = [one for one in groups if one.signature]
    assert [(one.signature, one.count, one.culprit and one.culprit.line) for one in known] == [
        ("missing-greenlet", 2, 17)
    ]
    assert sum(one.count for one in groups if not one.signature) == len(JAMMED_AT) + 1
    if timed:
        assert known[0].first == pytest.approx(BEGAN + 61 * FAILED_AT[0], abs=1.5), head(BEGAN, "INFO", "")


@pytest.mark.parametrize("seed", range(40))
def test_pairs_in_any_order_give_the_same(seed: int, tmp_path: Path) -> None:
    head = drawn_pairs(seed)
    groups = list(read(tmp_path / "input", log(head, healthy=False)).summary.groups.values())
    assert [(one.signature, one.count) for one in groups if one.signature] == [("missing-greenlet", 2)], head(
        BEGAN, "INFO", ""
    )
    assert sum(one.count for one in groups if not one.signature) == len(JAMMED_AT) + 1, head(BEGAN, "INFO", "")


@pytest.mark.parametrize("seed", range(40))
def test_a_healthy_log_stays_silent_in_rare_notations_and_pairs(seed: int, tmp_path: Path) -> None:
    for head in (drawn_rare(seed)[0], drawn_pairs(seed)):
        found = read(tmp_path / "input", log(head, healthy=True))
        assert (list(found.summary.groups), found.problem) == ([], ""), head(BEGAN, "INFO", "")


def test_a_log_of_two_records_tells_its_times(tmp_path: Path) -> None:
    head = ANY_TIMES["pointed-clock"]
    lines = [f"{head(BEGAN)} (main) info up", f"{head(BEGAN + 60)} (main) error the order was not kept", *TRACE]
    groups = list(read(tmp_path / "input", ("\n".join(lines) + "\n").encode()).summary.groups.values())
    assert [(one.signature, one.first) for one in groups] == [("missing-greenlet", BEGAN + 60)]


@pytest.mark.parametrize("seed", range(60))
def test_a_healthy_log_stays_silent_in_any_layout(seed: int, tmp_path: Path) -> None:
    found = read(tmp_path / "input", log(drawn_layout(seed), healthy=True))
    assert (list(found.summary.groups), found.problem) == ([], "")


@pytest.mark.parametrize("seed", range(60, 72))
@pytest.mark.parametrize(
    "prefix", ["web-1  | ", "Nov 22 08:00:00 host-1 shop[4711]: ", "2026-11-30T01:00:00.123456789Z "]
)
def test_a_layout_behind_a_prefix_gives_the_same(seed: int, prefix: str, tmp_path: Path) -> None:
    lines = log(drawn_layout(seed), healthy=False).decode().splitlines()
    found = read(tmp_path / "input", "".join(f"{prefix}{line}\n" for line in lines).encode())
    known = [one for one in found.summary.groups.values() if one.signature]
    assert [(one.signature, one.count) for one in known] == [("missing-greenlet", 2)]
    assert sum(one.count for one in found.summary.groups.values()) == 2 + len(JAMMED_AT) + 1


@pytest.mark.parametrize(
    "text",
    [
        "main.c:3:5: warning: unused variable 'n'\nmain.c:4:1: error: expected ';'\nmain.c:9:1: note: declared here\n"
        * 3,
        "warning: unused import\nerror: could not compile `shop`\nwarning: 1 warning emitted\nerror: aborting\n",
        "".join(f'10.0.0.{n} - - [22/Nov/2026:08:00:{n:02} +0000] "GET /error HTTP/1.1" 200 17\n' for n in range(30)),
        "".join(f"2026-11-22 08:00:{n:02} carried {n} of error and info and warning\n" for n in range(30)),
        "".join(f"at 08:00:{n:02} the word error was said, and info\n" for n in range(20)),
        "".join(f"{n} E {n + 1} I {n + 2} W\n" for n in range(20)),
        "".join(f"price 40 of article {n} and 10 more\nprice 20 of {n}\n" for n in range(20)),
    ],
)
def test_what_only_has_words_that_name_levels_is_no_log_of_errors(text: str, tmp_path: Path) -> None:
    assert not read(tmp_path / "input", text.encode()).summary.groups
