"""An engine that a function or class of another file makes for each request is found where that is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

RULE = "engine-per-request"
IMPORTS = "from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine\n"
CLASS = """\
class Maker:
    def __init__(self, url):
        self.engine = create_async_engine(url)
"""
FUNCTION = "def Maker(url):\n    return create_async_engine(url)\n"
BEHIND = (
    "def make(url=None):\n    return create_async_engine(url or 'postgresql+asyncpg://localhost/shop')\n"
    "def Maker(engine=None):\n    return async_sessionmaker(bind=engine or make())\n"
)
CACHED = "from functools import lru_cache\n@lru_cache\n" + FUNCTION
WITHOUT_POOL = FUNCTION.replace("(url)\n", "(url, poolclass=pool)\n").replace("engine(url,", "engine(url,")
DISPOSED = "async def Maker(url):\n    engine = create_async_engine(url)\n    await engine.dispose()\n"
ENDPOINT = "@app.get('/')\nasync def f():\n    made = Maker({given}){mark}\n    return made\n"
DEPENDENCY = "def dep():\n    return Maker({given}){mark}\n@app.get('/')\nasync def f(made=Depends(dep)): ...\n"
KEPT = "from functools import cache\n@cache\n" + DEPENDENCY
STORED = "@app.get('/')\nasync def f():\n    app.state.made = Maker({given})\n"
AT_IMPORT = "made = Maker({given})\n@app.get('/')\nasync def f():\n    return made\n"
HEAD = "from fastapi import Depends, FastAPI\nfrom app.makers import Maker\napp = FastAPI()\n"


def files(made: str, used: str, *, given: str = "'x'", mark: str = "") -> dict[str, str]:
    """Who makes the engine, and who calls that."""
    use = used.format(given=given, mark=mark)
    return {"pyproject.toml": "", "app/__init__.py": "", "app/makers.py": IMPORTS + made, "app/code.py": HEAD + use}


@pytest.mark.parametrize("used", [ENDPOINT, DEPENDENCY])
@pytest.mark.parametrize(("made", "given"), [(CLASS, "'x'"), (FUNCTION, "'x'"), (BEHIND, "")])
def test_an_engine_behind_a_call_of_another_file_is_found(made: str, given: str, used: str, tmp_path: Path) -> None:
    check_source(files(made, used, given=given, mark="  # expect medium"), RULE, tmp_path)


@pytest.mark.parametrize("used", [KEPT, STORED, AT_IMPORT])
@pytest.mark.parametrize("made", [CLASS, FUNCTION])
def test_who_makes_it_once_is_silent(made: str, used: str, tmp_path: Path) -> None:
    check_source(files(made, used), RULE, tmp_path)


@pytest.mark.parametrize(
    ("made", "given"), [(CACHED, "'x'"), (WITHOUT_POOL, "'x'"), (DISPOSED, "'x'"), (BEHIND, "engine=kept")]
)
def test_an_engine_that_is_kept_given_or_let_go_is_silent(made: str, given: str, tmp_path: Path) -> None:
    check_source(files(made, ENDPOINT, given=given), RULE, tmp_path)
