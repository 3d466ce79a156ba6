"""Numbers with their nouns."""

from __future__ import annotations

import pytest

from forge_doctor.finding import counted


@pytest.mark.parametrize(
    ("count", "nouns", "said"),
    [
        (0, ("event",), "0 events"),
        (1, ("event",), "1 event"),
        (2000, ("event",), "2,000 events"),
        (1, ("process", "processes"), "1 process"),
        (2, ("process", "processes"), "2 processes"),
    ],
)
def test_a_noun_stands_in_the_number_of_its_count(count: int, nouns: tuple[str, ...], said: str) -> None:
    assert counted(count, *nouns) == said
