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


OWN = "from sqlalchemy.ext.asyncio import AsyncSession\n\n\nclass Own(AsyncSession):\n    pass\n"
MENDED = FAULTY.replace("    db.commit", "    await db.commit")


@pytest.mark.slow
def test_the_hook_judges_what_is_staged_whatever_lies_beside_it(hooks: GitRepository, tmp_path: Path) -> None:
    """Of the changed files alone, each as the commit will have it, by what its unchanged neighbours say."""
    shop = new_repository(tmp_path / "shop")
    shop.write("pyproject.toml", "[project]\n")
    shop.write("app/db.py", OWN)
    shop.write("app/save.py", MENDED)
    shop.write("app/other.py", FAULTY)
    shop.commit()

    def told() -> tuple[int, str]:
        return run_hook("forge-doctor-lint", hooks, shop)

    shop.write(".pre-commit-config.yaml", "repos: []\n")
    shop.git("add", "--all")
    # What is not staged is put aside: the fault is in the commit, and then its mend is.
    for staged, lying, status in ((FAULTY, MENDED, 1), (f"{MENDED}\n", FAULTY, 0), (f"{FAULTY}\n", MENDED, 1)):
        shop.write("app/save.py", staged)
        run_hook("forge-doctor-lint", hooks, shop, "--files", "pyproject.toml")  # writes the configuration
        shop.git("add", "--all")
        shop.write("app/save.py", lying)
        found = told()
        assert found[0] == status, found[1]
        assert ("app/save.py:5:5" in found[1]) is bool(status)
        assert "app/other.py" not in found[1]
        assert (shop.path / "app/save.py").read_text() == lying
    # What the session is told by lies unstaged: the commit does not have it.
    shop.write("app/save.py", f"{FAULTY}\n\n")
    shop.git("add", "--all")
    shop.write("app/db.py", "class Own:\n    def commit(self) -> None:\n        pass\n")
    assert told()[0] == 1
    shop.git("add", "--all")
    assert told()[0] == 0
    shop.write("app/db.py", OWN)
    shop.write("app/save.py", MENDED)
    shop.commit()
    # A file that is called otherwise now, and one that imports the module by its new name.
    shop.git("mv", "app/db.py", "app/own.py")
    shop.git("mv", "app/other.py", "app/later.py")
    shop.write("app/later.py", FAULTY.replace("app.db", "app.own"))
    shop.git("add", "--all")
    status, said = told()
    assert status == 1, said
    assert "app/later.py:5:5" in said
    assert "2 files inspected" in said
