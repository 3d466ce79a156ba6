"""The hook as pre-commit runs it: its own environment, installed from this source, in a real repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.git_repository import GitRepository, new_repository

ROOT = Path(__file__).parents[2]
FAULTY = """\
from app.db import Own


async def save(db: Own) -> None:
    db.commit()
"""
INDEX_UNREACHABLE = (
    "Failed to establish a new connection",
    "NewConnectionError",
    "Temporary failure in name resolution",
)


@pytest.fixture
def hooks(tmp_path: Path) -> GitRepository:
    """This source as the repository a user names in .pre-commit-config.yaml."""
    repository = new_repository(tmp_path / "forge-doctor")
    for name in (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE", "forge_doctor"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, repository.path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, repository.path / name)
    repository.commit()
    return repository


@pytest.mark.slow
def test_the_hook_finds_the_fault_in_a_repository_and_keeps_to_its_excludes(
    hooks: GitRepository, tmp_path: Path
) -> None:
    shop = new_repository(tmp_path / "shop")
    shop.write("pyproject.toml", '[tool.forge-doctor.lint]\nexclude = ["legacy"]\n')
    shop.write("app/db.py", "from sqlalchemy.ext.asyncio import AsyncSession\n\n\nclass Own(AsyncSession):\n    pass\n")
    shop.write("app/save.py", FAULTY)
    shop.write("legacy/save.py", FAULTY)
    shop.commit()
    shop.write("later.py", FAULTY)
    ran = subprocess.run(
        [sys.executable, "-m", "pre_commit", "try-repo", str(hooks.path), "forge-doctor-lint", "--all-files"],
        cwd=shop.path,
        env={**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home"), "PRE_COMMIT_COLOR": "never"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    told = ran.stdout + ran.stderr
    if any(sign in told for sign in INDEX_UNREACHABLE) and "hook id" not in told:
        pytest.skip("pre-commit could not install the hook: no package index can be reached")
    assert ran.returncode == 1, told
    assert "hook id: forge-doctor-lint\n- exit code: 1\n" in told
    assert "app/save.py:5:5" in told
    assert "1 error; 2 files inspected" in told
