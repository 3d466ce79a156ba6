"""What rules look for in the bytes of a file before they look at it."""

from __future__ import annotations

import pytest

from forge_doctor.code.syntax.prefilter import AnyCall, AnyWord, Both, Either, Suspect, WordsThen
from forge_doctor.code.syntax.source import parse


@pytest.mark.parametrize(
    ("suspect", "source", "expected"),
    [
        (AnyWord(b"with", b"ession"), "class Sessions: pass", True),
        (AnyWord(b"with", b"ession"), "class Other: pass", False),
        (AnyCall("commit"), "db . commit\t (1)", True),
        (AnyCall("commit"), "db.commits(1); db.commit", False),
        (WordsThen(rb"with\s+\w+", b"with"), "with\n  a: pass", True),
        (WordsThen(rb"with\s+\w+", b"with"), "without = 1", False),
        (Both(AnyWord(b"yield"), AnyCall("begin")), "yield begin()", True),
        (Both(AnyWord(b"yield"), AnyCall("begin")), "yield begin", False),
        (Both(AnyWord(b"yield"), Either(AnyCall("begin"), AnyCall("commit"))), "yield commit()", True),
        (Both(AnyWord(b"yield"), Either(AnyCall("begin"), AnyCall("commit"))), "yield flush()", False),
    ],
)
def test_a_file_has_it_or_not(suspect: Suspect, source: str, expected: bool) -> None:
    assert suspect.is_in(parse(source)) is expected


def test_what_cannot_be_decoded_may_have_every_word() -> None:
    assert AnyWord(b"yield").is_in(parse(b"\xff\xfe = 1"))
