"""Texts looked for among a file's words first."""

import pytest

from forge_doctor.code.syntax.source import parse
from forge_doctor.code.syntax.text.vocabulary import Vocabulary

CODE = 'async def load(session):\n    url = "postgresql://größe"\n    return await session.scalars(SELECT)\n'
TEXTS = [
    "ession",
    "sess",
    "async def",
    "session.scalars(",
    "://",
    "größ",
    "ad(s",
    "",
    "\n",
    "def load(db",
    "awaits",
    "/:",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_there_where_the_bytes_have_it(text: str) -> None:
    assert Vocabulary(CODE.encode()).has_any([text.encode()]) is (text in CODE)
    assert parse(CODE).mentions(text.encode()) is (text in CODE)


def test_one_of_several_is_enough() -> None:
    known = Vocabulary(CODE.encode())
    assert known.has_any([b"nobody", b"scalars"])
    assert not known.has_any([b"nobody", b"scalars."])


def test_words_are_whole() -> None:
    assert {b"session", "größe".encode(), b"def"} <= Vocabulary(CODE.encode()).words
    assert b"sess" not in Vocabulary(CODE.encode()).words
