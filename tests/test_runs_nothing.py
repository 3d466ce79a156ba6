"""Code that is read is not run: whatever a project's files would do, a look at it leaves no mark of theirs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.migration_cases import write_tree
from tests.support.terminal import BARE

MARKING = """\
from pathlib import Path
Path({mark!r}).touch()
from sqlalchemy.ext.asyncio import AsyncSession

async def save(db: AsyncSession):
    db.commit()
"""
# Names that Python, its tools and the libraries we use look for by themselves.
TEMPTING = (
    "app.py",
    "conftest.py",
    "setup.py",
    "sitecustomize.py",
    "usercustomize.py",
    "typer.py",
    "rich.py",
    "asyncpg.py",
)
REVISION = """\
{code}
def upgrade():
    op.execute("SELECT 1")

def downgrade():
    pass
"""


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("lint", ".", "--no-cache"), "unawaited-session-call"),
        (("migrations", "tree", "--no-live", "--all"), "env-"),
        (("slow", "--source", ".", "--log", "shop.log"), "statements"),
        (("logs", "shop.log"), "the stock is wrong"),
    ],
)
def test_nothing_that_is_read_is_run(command: tuple[str, ...], told: str, tmp_path: Path) -> None:
    mark = tmp_path / "it-was-run"
    project = tmp_path / "project"
    (project / "tree").mkdir(parents=True)
    code = MARKING.format(mark=str(mark))
    for name in TEMPTING:
        (project / name).write_text(code, encoding="utf-8")
    write_tree(project / "tree", REVISION.format(code=code), env=code)
    (project / "shop.log").write_text("2026-11-29 03:00:00 ERROR shop: the stock is wrong\n", encoding="utf-8")
    line = [sys.executable, "-P", "-m", "forge_doctor", *command]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, env=dict(BARE), cwd=project)
    assert told in done.stdout + done.stderr, done.stderr
    assert not mark.exists()
