"""What stands before a message is taken off by its shape as by the expression that knows every kind of time."""

from __future__ import annotations

import itertools

import pytest

from forge_doctor.slow.logged.messages import TIMED, Names, Stamps

TIMES = (
    b"2026-11-22 08:00:00,%03d",
    b"2026-11-22 08:00:00.%d ",
    b"[2026-11-22 08:00:%02d +0000] ",
    b"2026-11-22T08:00:00.%06dZ ",
    b"2026-11-22 08:00:%02d.5 | ",
    b"Nov 22 08:00:%02d ",
)
RESTS = (
    b"INFO SELECT 1",
    b"4711 INFO BEGIN (implicit)",
    b" INFO padded",
    b"- x",
    b"| INFO x",
    b"",
    b"5 days",
    b"[1] y",
)


def by_expression(line: bytes) -> bytes:
    found = TIMED.match(line)
    return line if found is None else line[found.end() :]


@pytest.mark.parametrize("time", TIMES)
def test_a_shape_takes_off_what_the_expression_does(time: bytes) -> None:
    stamps = Stamps()
    for number, rest in itertools.product((5, 12, 7, 9, 10), RESTS):
        for blank in (b"", b" ", b"  "):
            line = time % number + blank + rest
            assert stamps.after(line) == by_expression(line), line


def test_lines_without_a_time_and_other_layouts_between_are_as_by_the_expression() -> None:
    stamps = Stamps()
    lines = [time % number + b" INFO x" for number in (3, 14) for time in TIMES]
    others = [b"FROM shelves", b"INFO:     127.0.0.1 - GET", b"2026", b"0000-00-00 00:00:00,00", b"", b" \t"]
    for line in itertools.chain.from_iterable(itertools.product(lines, others)):
        assert stamps.after(line) == by_expression(line), line


def test_the_fields_of_a_record_are_those_that_may_tell_requests_apart() -> None:
    names = Names()
    entry = {
        "ts": "x",
        "Level": "INFO",
        "event": "BEGIN",
        "rid": "a",
        "n": 3,
        "yes": True,
        "ctx": {"trace": "t", "x": None},
    }
    wanted = (("rid", "a"), ("n", "3"), ("ctx.trace", "t"))
    assert names.fields(entry) == names.fields(dict(entry)) == wanted
    assert names.fields({"a": {"b": {"c": {"d": {"e": "deep"}}}}, "long": "x" * 500}) == ()
    assert names.fields({"a": {"rid": "1"}, "b": {"rid": "2"}}) == (("a.rid", "1"), ("b.rid", "2"))
