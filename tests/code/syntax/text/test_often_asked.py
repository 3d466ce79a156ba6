"""Texts that many files are asked for, looked for in one pass."""

import sys

import pytest

from forge_doctor.code.syntax.text import often_asked, vocabulary
from forge_doctor.code.syntax.text.often_asked import NONE, OFTEN, OftenAsked
from forge_doctor.code.syntax.text.vocabulary import Vocabulary

FILES = [f"async def load_{number}(session):\n    return größe.scalars({number})\n".encode() for number in range(40)]
TEXTS = [
    b"ession",
    b"def load_1",
    b"return \xc3\xb6",
    "größe".encode(),
    b"\n",
    b"(3)",
    b"nobody",
    b"commit(",
    b"x" * 101,
]

pytest.importorskip("hyperscan")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> OftenAsked:
    """Of no other test, and soon worth compiling."""
    found = OftenAsked()
    monkeypatch.setattr(vocabulary, "OFTEN_ASKED", found)
    monkeypatch.setattr(often_asked, "WORTH_COMPILING", 2 * OFTEN * len(TEXTS))
    return found


def test_a_pass_says_what_a_search_says(asked: OftenAsked) -> None:
    """Before there is a pass, behind it, and of files that were asked before it."""
    known = [Vocabulary(data) for data in FILES]
    for _ in range(2):
        for data, one in zip(FILES, known, strict=True):
            assert [one.has_any([text]) for text in TEXTS] == [text in data for text in TEXTS]
    assert asked.texts == {text for text in TEXTS if len(text) <= often_asked.LONGEST}


def test_what_a_pass_looks_for_is_not_searched_for(asked: OftenAsked, monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[bytes] = []
    old = Vocabulary._has

    def has(self: Vocabulary, text: bytes) -> bool:
        searched.append(text)
        return old(self, text)

    monkeypatch.setattr(Vocabulary, "_has", has)
    for _ in range(10):
        for data in FILES:
            Vocabulary(data).has_any(TEXTS[5:8])
    assert len(searched) < 2 * often_asked.WORTH_COMPILING < 10 * len(FILES)


def test_names_of_one_file_are_no_texts_of_a_pass(asked: OftenAsked) -> None:
    for data in FILES:
        Vocabulary(data).has_any([data[10:18] + b"%d" % number for number in range(often_asked.WORTH_COMPILING)])
    assert asked.texts == NONE


def test_texts_that_are_learned_later_are_told_of_files_asked_before(asked: OftenAsked) -> None:
    first = Vocabulary(FILES[0])
    assert not first.has_any([b"nobody"])
    learned: tuple[bytes, ...] = (b"load_0(", b"scalars(1")
    for later in learned:
        for _ in range(often_asked.WORTH_COMPILING):
            Vocabulary(FILES[1]).has_any([later])
        assert later in asked.texts
        assert first.has_any([later]) is (later in FILES[0])


def test_without_hyperscan_each_is_searched_for(asked: OftenAsked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    for data in FILES * 2:
        assert [Vocabulary(data).has_any([text]) for text in TEXTS] == [text in data for text in TEXTS]
    assert asked.texts == NONE


def test_who_scans_keeps_nobody_waiting(asked: OftenAsked) -> None:
    """Of two threads one searches as before."""
    for _ in range(often_asked.WORTH_COMPILING):
        Vocabulary(FILES[0]).has_any([b"ession"])
    with asked._scanning:
        assert asked.told_of(FILES[0]) == (NONE, NONE)
        assert Vocabulary(FILES[0]).has_any([b"ession"])
    assert asked.told_of(FILES[0]) == (asked.texts, frozenset({b"ession"}))
