"""An answer without end is ended before it fills the memory."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.errors import CannotInspect
from forge_doctor.probes.postgres.answer_size import ROW, AnswerSize
from forge_doctor.probes.postgres.look import connect, fetch_rows
from tests.probes.postgres.test_look import target_of
from tests.support.postgres import PostgresServer


@given(st.lists(st.binary(max_size=9), max_size=9), st.lists(st.integers(1, 70), min_size=1))
def test_messages_are_counted_however_they_arrive(bodies: list[bytes], sizes: list[int]) -> None:
    data = b"".join(b"D" + (len(body) + 4).to_bytes(4, "big") + body for body in bodies)
    weight = len(data) + ROW * len(bodies)
    exact, less = AnswerSize(weight), AnswerSize(weight - 1)
    while data:
        piece, data = data[: sizes[0]], data[sizes[0] :]
        sizes = [*sizes[1:], sizes[0]]
        assert exact.add(piece)
        assert less.add(piece) is (bool(data))


def test_each_question_counts_anew_and_a_length_below_its_own_goes_on() -> None:
    size = AnswerSize(2 * ROW)
    assert size.add(b"D\0\0\0\0")
    size.asked()
    assert size.add(b"D\xff\xff\xff\xff")
    assert not size.add(b"x" * 2 * ROW)
    assert size.too_large


async def test_rows_without_end_are_a_sentence(postgres18: PostgresServer) -> None:
    connection = await connect(target_of(postgres18.dsn()))
    connection.answer.largest = 1 << 20
    assert len(await fetch_rows(connection, "SELECT 1 FROM generate_series(1, 3000)")) == 3000
    with pytest.raises(CannotInspect, match="one answer would take more than"):
        await fetch_rows(connection, "SELECT 1 FROM generate_series(1, 50000)")
    assert connection.driver.is_closed()
    await asyncio.sleep(0.01)  # its socket is closed by the loop, when nobody waits for it any more
