"""What the Engine gives a follower twice is read once, and nothing else is left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.probes.docker.frames import PIECE_BYTES
from forge_doctor.probes.docker.repeated_entries import RepeatedEntries, unrepeated_lines

STREAMS = st.sampled_from([b"stdout", b"stderr"])


def stamped(nanoseconds: int, text: bytes) -> bytes:
    return b"2026-11-22T08:00:00.%09dZ %b\n" % (nanoseconds, text)


@given(st.lists(st.tuples(STREAMS, st.sampled_from([b"calm", b"oops"])), max_size=40), st.data())
def test_going_back_some_entries_changes_nothing(words: list[tuple[bytes, bytes]], data: st.DataObject) -> None:
    entries = [(stream, stamped(number, word)) for number, (stream, word) in enumerate(words)]
    given_twice = list(entries)
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(given_twice)))
        back = data.draw(st.integers(0, at))
        given_twice[at:at] = given_twice[at - back : at]
    repeated = RepeatedEntries()
    assert [entry for entry in given_twice if repeated.is_new(*entry)] == entries


def test_the_same_words_at_another_time_or_on_another_stream_are_another_entry() -> None:
    repeated = RepeatedEntries()
    entries = [(b"stdout", stamped(1, b"x")), (b"stdout", stamped(2, b"x")), (b"stderr", stamped(2, b"x"))]
    assert all(repeated.is_new(*entry) for entry in entries)


def test_a_clock_that_is_set_back_loses_nothing() -> None:
    repeated = RepeatedEntries()
    assert all(repeated.is_new(b"stdout", stamped(moment, b"x")) for moment in (5, 6, 2, 3, 4))


def test_equal_pieces_of_one_long_line_are_all_kept() -> None:
    repeated, piece = RepeatedEntries(), stamped(1, b"x" * PIECE_BYTES)
    assert all(repeated.is_new(b"stdout", piece) for _ in range(3))


def test_what_is_remembered_is_bounded() -> None:
    repeated = RepeatedEntries(remembered=2)
    assert all(repeated.is_new(b"stdout", stamped(moment, b"x")) for moment in (1, 2, 3))
    assert [repeated.is_new(b"stdout", stamped(moment, b"x")) for moment in (3, 1)] == [False, True]


@given(st.lists(st.integers(1, 9), max_size=20))
def test_a_terminal_s_lines_may_be_cut_anywhere(cuts: list[int]) -> None:
    data = b"".join(stamped(moment, b"line %d" % moment) for moment in (1, 2, 3, 2, 3, 4)) + b"2026 unfinished"
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(data[at : at + cut])
        at += cut
    said = b"".join(unrepeated_lines([*pieces, data[at:]], RepeatedEntries()))
    assert said == b"".join(stamped(moment, b"line %d" % moment) for moment in (1, 2, 3, 4)) + b"2026 unfinished"
