"""The hook as pre-commit runs it: its own environment, installed from this source, in a real repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.git_repository import GitRepository, new_repository
from tests.support.migration_trees import revision, write
from tests.support.migration_trees import shop as tree

HOOKS = ("forge-doctor-lint", "forge-doctor-migrations")
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


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> GitRepository:
    """This source as the repository a user names in .pre-commit-config.yaml."""
    repository = new_repository(tmp_path_factory.mktemp("hooks") / "forge-doctor")
    for name in (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE", "forge_doctor"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, repository.path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, repository.path / name)
    repository.commit()
    return repository


def run_hook(hook: str, hooks: GitRepository, shop: GitRepository, *arguments: str) -> tuple[int, str]:
    """The exit code and what was printed; both hooks share the environment that pre-commit installs."""
    known = "\n".join(f"      - id: {one}" for one in HOOKS)
    revision = hooks.git("rev-parse", "HEAD").strip()
    shop.write(".pre-commit-config.yaml", f"repos:\n  - repo: {hooks.path}\n    rev: {revision}\n    hooks:\n{known}\n")
    ran = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", hook, *arguments],
        cwd=shop.path,
        env={
            **os.environ,
            "PRE_COMMIT_HOME": str(hooks.path.parent / "home"),
            "PRE_COMMIT_COLOR": "never",
            "PIP_NO_COMPILE": "1",  # half of what installing costs, for modules of which a hook loads few
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    told = ran.stdout + ran.stderr
    if any(sign in told for sign in INDEX_UNREACHABLE) and "hook id" not in told:
        pytest.skip("pre-commit could not install the hook: no package index can be reached")
    return ran.returncode, told


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
    status, told = run_hook("forge-doctor-lint", hooks, shop, "--all-files")
    assert status == 1, told
    assert "hook id: forge-doctor-lint\n- exit code: 1\n" in told
    assert "app/save.py:5:5" in told
    assert "1 error; 2 files inspected" in told


@pytest.mark.slow
def test_the_hook_of_migrations_judges_what_is_about_to_be_committed(hooks: GitRepository, tmp_path: Path) -> None:
    shop = new_repository(tmp_path / "shop")
    index = 'op.create_index("{0}", "orders", ["note"])', 'op.drop_index("{0}", "orders", postgresql_concurrently=True)'
    write(shop.path, tree(b002=revision("b002", "a001", *(one.format("ix_b") for one in index))))
    shop.commit()
    status, told = run_hook("forge-doctor-migrations", hooks, shop, "--all-files")
    assert status == 0, told
    write(shop.path, tree(c003=revision("c003", "b002", *(one.format("ix_c") for one in index))))
    shop.git("add", "--all")
    status, told = run_hook("forge-doctor-migrations", hooks, shop)
    assert status == 1, told
    assert "hook id: forge-doctor-migrations\n- exit code: 1\n" in told
    assert "migrations/versions/c003.py:11" in told
    assert "b002.py" not in told
