"""What is told to be plain frames by its bytes is what the parser reads of its lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.logs.records.tracebacks.plain_frames import BEGIN, is_plain, plain_places
from forge_doctor.logs.records.tracebacks.traceback_text import parser_after

PLACE = b'  File "/app/pay.py", line 7, in pay'
LINES = st.sampled_from(
    [
        PLACE,
        b'  File "<string>", line 2, in _connection_for_bind',
        b'  File "/app/cart.py", line 8',
        b"    order.total",
        b"    ^^^^^^^^^^^",
        b"    raise ValueError(order)  shop.errors.Late: 7",
        b'    File "/app/inner.py", line 3, in inner',
        b"    +-+---------------- 1 ----------------",
        b"    raise Late (most recent call first):",
        b"    Timeout (0:00:01)!",
        b"  [Previous line repeated 7 more times]",
    ]
)


@given(st.lists(LINES, max_size=6))
def test_places_are_those_that_the_parser_reads(lines: list[bytes]) -> None:
    places = plain_places([BEGIN, PLACE, *lines])
    read = parser_after(line.decode() for line in (BEGIN, PLACE, *lines))
    assert places is None or (list(places), [[]]) == (read.frames, read.traces)


def test_most_places_are_told() -> None:
    lines = [BEGIN, PLACE, b"    order.total", b"    ^^^^^^^^^^^", PLACE]
    assert [place.code for place in plain_places(lines) or ()] == ["order.total", ""]


@pytest.mark.parametrize(
    "code",
    [
        b"    | margin\n",
        b"    \n",
        b"         ERROR    by a handler\n",
        b'    path = "shop.py:3: in pay"\n',
        b'    File "/app/inner.py", line 3, in inner\n',
        b'    text = "Traceback (most recent call last):"\n',
        b"    x = '\xc3\xa9'\n",
        b"    \x1b[31mred\x1b[0m\n",
        b"  [Previous line repeated 7 more times]\n",
        b"    Cell In[3], line 2\n",
    ],
)
def test_what_may_be_anything_else_is_not_plain(code: bytes) -> None:
    begun = BEGIN + b"\n" + PLACE + b"\n"
    assert is_plain(begun + b"    order.total\n    ^^^^^^^^^^^\n")
    assert not is_plain(begun + code)
