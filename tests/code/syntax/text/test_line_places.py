"""Lines and columns lead back to the offsets they were told of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.code.syntax.text.line_places import LinePlaces

TEXT = st.lists(st.sampled_from(["a", "\n", " ", "é", "🙂", "\t", "db.add()"])).map("".join)


@given(TEXT, st.data())
def test_a_place_leads_back_to_its_offset(text: str, data: st.DataObject) -> None:
    before = text[: data.draw(st.integers(0, len(text)))]
    places = LinePlaces(text.encode())
    line, column = places.position(len(before.encode()))
    assert (line, column) == (before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
    assert places.offset(line, column) == len(before.encode())


def test_a_line_behind_the_end_is_the_last() -> None:
    assert LinePlaces(b"one\ntwo").offset(9, 1) == 4
