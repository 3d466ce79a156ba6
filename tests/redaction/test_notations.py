"""Whatever the notation, the name and what carries the whole: the secret is shown nowhere."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge_doctor.redaction import redact
from tests.support.secret_corpus import CANARY, NAMES
from tests.support.secret_notations import CARRIERS, NOTATIONS, written

# Text is text on every Python.
pytestmark = pytest.mark.slow


def leaks(carrier: str, number: int) -> list[str]:
    """Each notation with another name; the next number has others."""
    texts = [
        CARRIERS[carrier](written(notation, NAMES[(place * 7 + number) % len(NAMES)], CANARY))
        for place, notation in enumerate(NOTATIONS)
    ]
    # Of three quotes in a literal of SQL nobody can tell which are its own.
    return [text for text in texts if CANARY in redact(text) and "'''''''" not in text]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_no_notation_shows_the_secret(carrier: str) -> None:
    assert leaks(carrier, 0) == []


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.sampled_from(NOTATIONS), st.sampled_from(NAMES), st.lists(st.sampled_from(sorted(CARRIERS)), max_size=2))
def test_nor_does_one_within_two_others(notation: str, name: str, carriers: list[str]) -> None:
    text = written(notation, name, CANARY)
    for carrier in carriers:
        text = CARRIERS[carrier](text)
    assert CANARY not in redact(text) or "'''''''" in text
