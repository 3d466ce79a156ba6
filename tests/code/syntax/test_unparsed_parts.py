"""What nests deeper than Python compiles is passed over, however often it names a session; all around it is read."""

from __future__ import annotations

import pytest

from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.unparsed_parts import MOST_DEEP

CALL = b"async def f(db):\n    await db.commit()\n"
TIMES = 15_000


@pytest.mark.parametrize(
    ("deep", "name"),
    [
        (b"x = " + b"make(" * TIMES + b")" * TIMES, "make"),
        (b"x = db" + b".execute(q)" * TIMES, "execute"),
        (b"x = db" + b" + db.execute(q)" * TIMES, "execute"),
    ],
    ids=["nested", "chain", "sum"],
)
def test_only_what_is_not_too_deep_is_looked_at(deep: bytes, name: str) -> None:
    file = SourceFile(CALL + deep + b"\n" + CALL, "module.py")
    assert MOST_DEEP // 3 < len(list(file.calls(name))) <= MOST_DEEP
    assert len(list(file.calls("commit"))) == 2


def test_brackets_that_nothing_closes_are_an_error_nobody_looks_into() -> None:
    file = SourceFile(CALL + b"make(" * TIMES, "module.py")
    assert list(file.calls("make")) == []


def test_long_code_that_is_not_deep_is_looked_at() -> None:
    many = b"make()\n" * TIMES + b"x = [" + b"make(), " * TIMES + b"]\n"
    assert len(list(SourceFile(many, "module.py").calls("make"))) == 2 * TIMES
    broken = b"make()\n" * 2_000 + b"def (:\n" + b"#" * 20_000
    assert len(list(SourceFile(broken, "module.py").calls("make"))) == 2_000
