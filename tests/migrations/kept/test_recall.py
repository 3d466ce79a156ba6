"""Answers of earlier runs: the same as new ones whatever became different, and none where one could be another."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forge_doctor.check import Check
from forge_doctor.finding import Severity
from forge_doctor.kept_results.store import read_document, write_document
from forge_doctor.migrations import judge
from forge_doctor.migrations.chosen import Checks
from tests.support.migration_trees import INDEX_DOWN, INDEX_UP, INI, migrations_json, revision, shop, write

COMPOSE = "services:\n  api:\n    command: gunicorn app:app --workers {count}\n"
START = """\
from contextlib import asynccontextmanager

from alembic import command
from alembic.config import Config
from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    command.upgrade(Config("alembic.ini"), "head")
    yield


app = FastAPI(lifespan=lifespan)
"""
MUTE = "# forge-doctor: ignore-file[index-not-concurrent] small\n"
HELPER = "from alembic import op\n\n\ndef index(name):\n    op.create_index(name, 'orders', ['note']{more})\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    helped = revision("a003", "a002", 'index("ix_helped")', 'op.drop_index("ix_helped")')
    files = shop(
        a002=revision("a002", "a001", INDEX_UP, INDEX_DOWN), a003=f"from migrations.help import index\n{helped}"
    )
    files |= {"migrations/help.py": HELPER.format(more=""), "app/__init__.py": "", "app/start.py": START}
    return write(tmp_path, files | {"docker-compose.yml": COMPOSE.format(count=4)})


def judged_with_and_without(tree: Path) -> tuple[Any, Any]:
    return migrations_json(tree).out, migrations_json(tree, "--no-cache").out


def test_the_second_answer_is_the_first_and_nothing_is_judged_for_it(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, anew = judged_with_and_without(tree)
    assert first == anew
    assert len(migrations_json(tree).findings) >= 4
    monkeypatch.delattr(judge, "judge_trees")
    assert migrations_json(tree).out == first


def same_size_and_time(path: Path, old: str, new: str) -> None:
    status = path.stat()
    assert len(old) == len(new)
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], object]] = {
    "a revision": lambda tree: same_size_and_time(tree / "migrations/versions/a002.py", "ix_note", "ix_other"[:7]),
    "a new revision": lambda tree: write(tree, shop(a004=revision("a004", "a003", 'op.drop_column("orders", "note")'))),
    "one less": lambda tree: (tree / "migrations/versions/a003.py").unlink(),
    "one that does not parse": lambda tree: write(tree, {"migrations/versions/a005.py": "def upgrade(:\ndown_revision"}),
    "a helper": lambda tree: write(tree, {"migrations/help.py": HELPER.format(more=", postgresql_concurrently=True")}),
    "a helper that hides another": lambda tree: write(tree, {"migrations/versions/migrations/help.py": "index = print"}),
    "env.py": lambda tree: same_size_and_time(tree / "migrations/env.py", "lock_timeout = '4s'", "work_memory  = '4s'"),
    "the models": lambda tree: write(tree, {"app/models.py": "from models import Base\n\n\nclass A(Base):\n    __tablename__ = 'a'\n"}),
    "the application's start": lambda tree: write(tree, {"app/start.py": ""}),
    "its workers": lambda tree: write(tree, {"docker-compose.yml": COMPOSE.format(count=1)}),
    "the URL": lambda tree: write(tree, {"alembic.ini": f"{INI}sqlalchemy.url = postgresql://shop:tr0ub4dor-9x@db.shop-internal.net/shop\n"}),
    "a comment": lambda tree: write(tree, {"migrations/versions/a002.py": MUTE + revision("a002", "a001", INDEX_UP, INDEX_DOWN)}),
    "the configuration": lambda tree: write(tree, {"pyproject.toml": '[tool.forge-doctor]\nignore = ["index-not-concurrent"]\n'}),
    "a second tree": lambda tree: write(tree / "other", shop()),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_becomes_different_the_answer_is_that_of_a_new_run(
    change: Callable[[Path], object], tree: Path
) -> None:
    before = migrations_json(tree).out
    change(tree)
    kept, anew = judged_with_and_without(tree)
    assert kept == anew
    assert kept != before


def test_options_have_answers_of_their_own(tree: Path) -> None:
    whole = migrations_json(tree).out
    assert migrations_json(tree, "--ignore", "index-not-concurrent").out != whole
    assert (
        migrations_json(tree, "--exclude", "a002.py").out
        == migrations_json(tree, "--exclude", "a002.py", "--no-cache").out
    )
    assert migrations_json(tree).out == whole


def test_a_touched_tree_is_not_judged_again(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = migrations_json(tree).out
    for path in tree.rglob("*.py"):
        os.utime(path)
    monkeypatch.delattr(judge, "judge_trees")
    assert migrations_json(tree).out == first


def test_what_crashed_is_not_kept(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_history: object) -> Any:
        raise ZeroDivisionError

    broken = Check(id="broken", summary="", manual="", severity=Severity.ERROR, run=crash)
    with monkeypatch.context() as patched:
        patched.setattr(Checks, "of_revisions", (broken,))
        assert "ZeroDivisionError" in migrations_json(tree).out
    assert "ZeroDivisionError" not in migrations_json(tree).out


def test_what_changed_while_it_was_judged_is_not_kept(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wait = judge.judge_trees

    def meanwhile(*arguments: Any) -> Any:
        found = wait(*arguments)
        write(tree, {"app/start.py": ""})
        return found

    with monkeypatch.context() as patched:
        patched.setattr(judge, "judge_trees", meanwhile)
        migrations_json(tree)
    kept, anew = judged_with_and_without(tree)
    assert kept == anew


def test_nothing_is_kept_where_that_is_not_wanted(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    migrations_json(tree, "--no-cache")
    assert not [*cache.iterdir()]
    migrations_json(tree)
    (kept,) = cache.glob("forge-doctor/migrations/*.json")
    kept.write_text("{}", encoding="utf-8")
    assert migrations_json(tree).out == migrations_json(tree, "--no-cache").out


@pytest.mark.slow
@pytest.mark.parametrize("key", ["tops", "ground", "judgements"])
def test_a_document_that_is_none_of_ours_costs_a_run_anew(
    key: str, tree: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    first = migrations_json(tree).out
    (store,) = cache.glob("forge-doctor/migrations/*.json")
    document = read_document(store)
    for value in (5, [[1, 2, 3]], ["a\0b"], {"a": {"b": 1}}):
        write_document(store, {**document, key: value})
        assert migrations_json(tree).out == first
    write_document(store, {name: value for name, value in document.items() if name != key})
    assert migrations_json(tree).out == first


WATCHED = """
import json, sys
from pathlib import Path
opened = set()
sys.addaudithook(lambda event, given: event == "open" and isinstance(given[0], (str, Path)) and opened.add(str(given[0])))
import runpy
sys.argv = ["forge-doctor", "migrations", "--no-live", "--fail-on", "never", "--quiet", "--output-file", sys.argv[2]]
try:
    runpy.run_module("forge_doctor", run_name="__main__")
except SystemExit:
    pass
from forge_doctor.migrations.kept.ground import ground_below
ground = ground_below([Path.cwd()]).files
inside = {str(Path(one).resolve()) for one in opened if str(Path(one).absolute()).startswith(str(Path.cwd()))}
print(json.dumps(sorted(inside - ground.keys())))
"""


def test_every_file_that_a_run_opens_is_one_that_the_answer_rests_on(
    tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path_factory.mktemp("out") / "report"
    more = {"entrypoint.sh": "alembic upgrade head && uvicorn app:app\n", "Dockerfile": "CMD ./entrypoint.sh\n",
            "pyproject.toml": "[project]\nname = 'shop'\n", "Procfile": "web: gunicorn -w 4\n", "Makefile": "all:\n"}  # fmt: skip
    write(tree, more)
    line = [sys.executable, "-c", WATCHED, "", str(out)]
    done = subprocess.run(line, cwd=tree, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert out.read_text(encoding="utf-8")
