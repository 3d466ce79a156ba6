"""Kept results: the same findings without the work, never those of an older content, never an error."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from forge_doctor.code.files.contents import digest_of
from forge_doctor.finding import Finding
from forge_doctor.kept_results.store import read_document, stamp, write_document
from forge_doctor.lint.judge import Rule, all_rules
from forge_doctor.lint.schedule import FEW, look, look_with_cache
from tests.support.lint_cases import rule_named
from tests.support.lint_command import environment
from tests.support.unprivileged import without_root

RULES = (rule_named("unawaited-session-call"), rule_named("unawaited-data-access"))
FAULTY = "from app.db import Own\n\n\nasync def save(db: Own) -> None:\n    db.commit()\n"
MOST_PROJECTS, SEVENTY = 12, 70
OWN = "from sqlalchemy.ext.asyncio import AsyncSession\n\n\nclass Own(AsyncSession):\n    pass\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    (root / "app").mkdir(parents=True)
    (root / "pyproject.toml").write_text("[project]\n")
    (root / "app/__init__.py").write_text("")
    (root / "app/db.py").write_text(OWN)
    (root / "app/save.py").write_text(FAULTY)
    for number in range(FEW):
        (root / f"app/other_{number}.py").write_text(f"VALUE = {number}\n")
    return root


def files_of(root: Path) -> Sequence[Path]:
    return sorted(root.rglob("*.py"))


def told(root: Path, folder: Path) -> list[Finding]:
    found = look_with_cache(files_of(root), lambda: RULES, 1, folder, ("way",)).results
    assert not [reason for one in found for reason in one.not_run]
    return [finding for one in found for finding in one.findings]


def fresh(root: Path) -> list[Finding]:
    return [finding for one in look(files_of(root), lambda: RULES, {}, 1) for finding in one.findings]


def stores(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def test_a_second_run_tells_the_same_from_what_was_kept(shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    first = told(shop, folder)
    assert first == fresh(shop)
    assert len(first) == 1
    (store,) = stores(folder)
    # Nobody but the store can know this word.
    text = store.read_bytes().partition(b"\n")[2].replace(b"is not awaited", b"is not xawaited")
    store.write_bytes(digest_of(text).encode() + b"\n" + text)
    assert "is not xawaited" in told(shop, folder)[0].message


def test_every_rule_s_findings_come_back_as_they_were(shop: Path, tmp_path: Path) -> None:
    rules = tuple(all_rules())
    for number, rule in enumerate(rules):
        bad = rule.manual.partition("Bad:")[2].partition("Good:")[0]
        lines = [line.removeprefix("    ") for line in bad.splitlines()]
        (shop / f"app/bad_{number}.py").write_text("\n".join(lines) + "\n")
    once, again = (
        look_with_cache(files_of(shop), lambda: rules, 1, tmp_path / "cache", ("way",)).results for _ in range(2)
    )
    assert sum(len(one.findings) for one in once) > 20
    assert [one._replace(is_unmarked=False) for one in again] == [one._replace(digests=()) for one in once]


def test_a_change_in_a_file_it_rests_on_makes_a_result_anew(shop: Path, tmp_path: Path) -> None:
    assert len(told(shop, tmp_path)) == 1
    (shop / "app/db.py").write_text("class Own:\n    def commit(self):\n        pass\n")
    assert told(shop, tmp_path) == fresh(shop) == []
    (shop / "app/db.py").write_text(OWN)
    assert len(told(shop, tmp_path)) == 1


def test_a_change_behind_two_imports_does_so_for_files_linted_after_others(shop: Path, tmp_path: Path) -> None:
    # `z.py` asks what `a.py` has asked already: its answer rests on db.py all the same.
    (shop / "app/base.py").write_text("from app.db import Own as Db\n")
    for name in "az":
        (shop / f"app/{name}.py").write_text(FAULTY.replace("app.db import Own", "app.base import Db as Own"))
    assert len(told(shop, tmp_path)) == 3
    (shop / "app/db.py").write_text("class Own:\n    def commit(self):\n        pass\n")
    assert told(shop, tmp_path) == []


def test_a_function_that_becomes_async_elsewhere_is_seen(shop: Path, tmp_path: Path) -> None:
    (shop / "app/repo.py").write_text(f"{OWN}\n\ndef add(db: Own):\n    return 1\n")
    (shop / "app/use.py").write_text("from app.repo import add\n\n\nasync def f(db):\n    add(db)\n")
    assert len(told(shop, tmp_path)) == 1
    (shop / "app/repo.py").write_text(f"{OWN}\n\nasync def add(db: Own):\n    await db.execute('x')\n")
    assert len(told(shop, tmp_path)) == len(fresh(shop)) == 2


def test_a_new_module_that_an_import_leads_to_is_seen(shop: Path, tmp_path: Path) -> None:
    (shop / "app/late.py").write_text(FAULTY.replace("app.db", "app.nowhere_yet"))
    assert len(told(shop, tmp_path)) == 1
    (shop / "app/nowhere_yet.py").write_text(OWN)
    assert len(told(shop, tmp_path)) == len(fresh(shop)) == 2


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"{}", b"[" * 100_000, b'{"files":3}\n{}'])
def test_a_store_that_holds_anything_else_is_as_good_as_none(shop: Path, tmp_path: Path, content: bytes) -> None:
    wanted = told(shop, tmp_path)
    (store,) = stores(tmp_path)
    whole = store.read_bytes()
    store.write_bytes(content)
    assert told(shop, tmp_path) == wanted
    assert store.read_bytes() == whole


@pytest.mark.slow
def test_a_store_that_was_cut_off_or_changed_anywhere_is_as_good_as_none(shop: Path, tmp_path: Path) -> None:
    wanted = told(shop, tmp_path)
    (store,) = stores(tmp_path)
    whole = store.read_bytes()
    for place in range(0, len(whole), len(whole) // 12):
        for spoiled in (whole[:place], whole[:place] + b"\0" + whole[place + 1 :]):
            store.write_bytes(spoiled)
            assert told(shop, tmp_path) == wanted
            assert store.read_bytes() == whole


def test_a_folder_that_cannot_be_written_or_made_changes_nothing(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert told(shop, tmp_path / "file" / "cache") == fresh(shop)
    assert told(shop, Path("/proc/forge-doctor")) == fresh(shop)
    with without_root(tmp_path):
        (tmp_path / "closed").mkdir(mode=0o500)
        assert told(shop, tmp_path / "closed") == fresh(shop)
        (tmp_path / "closed").chmod(0)
        assert told(shop, tmp_path / "closed") == fresh(shop)
        assert told(shop, tmp_path / "closed" / "cache") == fresh(shop)


def test_a_store_that_cannot_be_read_changes_nothing(shop: Path, tmp_path: Path) -> None:
    wanted = told(shop, tmp_path / "cache")
    with without_root(tmp_path):
        stores(tmp_path / "cache")[0].chmod(0)
        assert told(shop, tmp_path / "cache") == wanted
    (store,) = stores(tmp_path / "cache")
    store.unlink()
    store.mkdir()
    assert told(shop, tmp_path / "cache") == wanted


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_leaves_the_old_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "one.json"
    write_document(store, {"old": 1})
    before = store.read_bytes()
    monkeypatch.setattr("tempfile.mkstemp", lambda **_: (os.open("/dev/full", os.O_WRONLY), str(tmp_path / ".new.1")))
    write_document(store, {"new": 2})
    assert store.read_bytes() == before


def test_runs_beside_each_other_leave_a_whole_store(shop: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: told(shop, tmp_path / "cache"), range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert told(shop, tmp_path / "cache") == answers[0]
    assert sorted(one.name for one in (tmp_path / "cache").iterdir() if one.suffix != ".json") == [
        ".gitignore",
        "CACHEDIR.TAG",
    ]


def test_a_tree_of_many_projects_keeps_the_results_of_all(tmp_path: Path) -> None:
    for number in range(SEVENTY):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}/alone.py").write_text("import sqlalchemy\n")
    look_with_cache(files_of(tmp_path), lambda: RULES, 1, tmp_path / "cache", ("way",))
    assert len(stores(tmp_path / "cache")) == SEVENTY

    def rules() -> tuple[Rule, ...]:
        raise AssertionError("a file is linted anew")

    assert len(look_with_cache(files_of(tmp_path), rules, 1, tmp_path / "cache", ("way",)).results) == SEVENTY


def test_what_is_kept_is_bounded_by_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forge_doctor.kept_results.store.MOST_BYTES", 1_000)
    for number in range(4):
        write_document(tmp_path / f"{number}.json", {"text": "a" * 400})
        os.utime(tmp_path / f"{number}.json", (number, number))
    write_document(tmp_path / "large.json", {"text": "a" * 4_000})
    assert [one.name for one in stores(tmp_path)] == ["large.json"]


def test_only_so_many_projects_are_kept(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forge_doctor.kept_results.store.MOST_PROJECTS", MOST_PROJECTS)
    folder = tmp_path / "cache"
    folder.mkdir()
    for number in range(MOST_PROJECTS + 5):
        old = folder / f"{number}.json"
        old.write_text("{}")
        os.utime(old, (number, number))
    told(shop, folder)
    assert len(stores(folder)) == MOST_PROJECTS
    assert not (folder / "0.json").exists()


def test_a_link_that_leads_nowhere_stops_no_sweeping(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forge_doctor.kept_results.store.MOST_PROJECTS", MOST_PROJECTS)
    folder = tmp_path / "cache"
    folder.mkdir()
    for number in range(MOST_PROJECTS + 5):
        (folder / f"{number}.json").symlink_to(tmp_path / "gone")
    told(shop, folder)
    assert len(stores(folder)) == MOST_PROJECTS


ODD_VALUES = (5, [[1, 2, 3]], {"a": {"b": 1}})


@pytest.mark.slow
@pytest.mark.parametrize("key", ["left_out", "files", "results", "seen", "surfaces"])
def test_a_document_that_is_none_of_ours_costs_a_run_anew(key: str, shop: Path, tmp_path: Path) -> None:
    first = told(shop, tmp_path)
    (store,) = stores(tmp_path)
    document = read_document(store)
    for value in ODD_VALUES:
        write_document(store, {**document, key: value})
        assert told(shop, tmp_path) == first
    write_document(store, {name: value for name, value in document.items() if name != key})
    assert told(shop, tmp_path) == first


def test_ways_of_linting_are_kept_apart(shop: Path, tmp_path: Path) -> None:
    for way in ("one", "other"):
        look_with_cache(files_of(shop), lambda: RULES, 1, tmp_path, (way,))
    assert len(stores(tmp_path)) == 2


def test_another_version_of_the_rules_has_another_stamp(tmp_path: Path) -> None:
    (tmp_path / "rule.py").write_text("A = 1\n")
    before = stamp(tmp_path)
    assert stamp(tmp_path) == before
    (tmp_path / "rule.py").write_text("A = 12\n")
    assert stamp(tmp_path) != before


def loaded_by_run(root: Path, folder: Path) -> str:
    """What one file's run from the command line imports, and its findings."""
    line = (sys.executable, "-X", "importtime", "-m", "forge_doctor", "lint", "-f", "concise", "app/save.py")
    given = {**environment(), "XDG_CACHE_HOME": str(folder)}
    done = subprocess.run(line, cwd=root, env=given, capture_output=True, text=True, check=False, timeout=60)
    assert "unawaited-session-call" in done.stdout
    return done.stderr


def test_a_file_whose_result_is_known_costs_neither_rules_nor_parser(shop: Path, tmp_path: Path) -> None:
    once, again = (loaded_by_run(shop, tmp_path / "cache") for _ in range(2))
    for costly in ("forge_doctor.code.semantics.project", "forge_doctor.code.syntax.source", "tree_sitter"):
        assert costly in once
        assert costly not in again


def test_files_without_a_word_of_a_database_are_linted_without_a_survey(shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    plain = shop / "app/other_0.py"
    assert look_with_cache([plain], lambda: RULES, 1, folder, ()).results == look([plain], lambda: RULES, {}, 1)
    assert not stores(folder)
    both = [plain, shop / "app/save.py"]
    assert [len(one.findings) for one in look_with_cache(both, lambda: RULES, 1, folder, ()).results] == [0, 1]
    assert len(stores(folder)) == 1


def test_a_file_without_such_a_word_is_known_where_its_project_was_linted_before(shop: Path, tmp_path: Path) -> None:
    """pre-commit hands over a few files: a rule may ask of all others for one of them."""
    folder, plain = tmp_path / "cache", shop / "app/other_0.py"
    before = told(shop, folder)

    def none() -> tuple[Rule, ...]:
        raise AssertionError("linted again")

    assert before
    assert [one.findings for one in look_with_cache([plain], none, 1, folder, ("way",)).results] == [()]
