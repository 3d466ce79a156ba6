"""What a run looked at: where none of it changed, a new look says the same, whatever else was done."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from forge_doctor.kept_results.file_status import statuses_of
from forge_doctor.lint import schedule
from forge_doctor.lint.cache.looked_at import OTHER_PARTS, TooMuch, all_looked_at
from forge_doctor.lint.schedule import look, look_with_cache
from tests.lint.cache.test_hostile_changes import Trip
from tests.support.architecture import ARROWS
from tests.support.changing_project import RULES, said

STEPS = 40


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_no_change_of_an_answer_goes_unseen(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "FEW", 0)
    trip = Trip(tmp_path, random.Random(seed))
    same, other = 0, 0
    for _ in range(STEPS):
        files = trip.files()
        looked = look_with_cache(files, lambda: RULES, 1, trip.cache, ())
        names = all_looked_at((trip.root,), (), files, looked.grounds(), gitignore=False)
        statuses = statuses_of(names)
        done = trip.change()
        is_other = (trip.files(), said(look(trip.files(), lambda: RULES, {}, 1))) != (files, said(looked.results))
        is_seen = statuses_of(names) != statuses
        assert is_seen or not is_other, done
        same += not is_seen
        other += is_other
    assert same
    assert other


def test_a_tree_of_too_many_folders_is_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(9):
        (tmp_path / f"folder{number}").mkdir()
    assert all_looked_at((tmp_path,), (), (), (), gitignore=False)
    monkeypatch.setattr("forge_doctor.lint.cache.looked_at.MOST_FOLDERS", 5)
    with pytest.raises(TooMuch):
        all_looked_at((tmp_path,), (), (), (), gitignore=False)


def test_a_place_inside_of_what_no_search_enters_is_entered(tmp_path: Path) -> None:
    inner = tmp_path / "node_modules/tool/app"
    inner.mkdir(parents=True)
    (inner / "a.py").touch()
    assert str(inner / "a.py") not in all_looked_at((tmp_path,), (), (), (), gitignore=False)
    assert str(inner / "a.py") in all_looked_at((tmp_path, inner.parent), (), (), (), gitignore=False)
    assert str(inner) in all_looked_at((tmp_path, inner.parent), (), (), (), gitignore=False)


def test_what_is_missing_is_told_by_the_folder_it_would_come_into(tmp_path: Path) -> None:
    for name in ("app/api", "docs"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "app/a.py").touch()
    missing = [str(tmp_path / folder / "Pipfile") for folder in ("", "app", "app/api", "requirements")]
    nowhere = str(tmp_path.parent / "Pipfile")
    names = all_looked_at((tmp_path,), (), (), (*missing, f"{tmp_path}/requirements/", nowhere), gitignore=False)
    assert not {*missing, f"{tmp_path}/requirements"} & {*names}
    assert {nowhere, str(tmp_path), str(tmp_path / "app"), str(tmp_path / "app/api"), str(tmp_path / "docs")} <= {
        *names
    }
    assert len({name.rstrip("/") for name in names}) == len(names)


@pytest.mark.parametrize("name", ["Pipfile", "app/api/Pipfile", "requirements/base.txt", "app/new/deep/a.toml"])
def test_what_comes_where_something_was_missing_is_seen(tmp_path: Path, name: str) -> None:
    (tmp_path / "app/api").mkdir(parents=True)
    path = tmp_path / name
    names = all_looked_at((tmp_path,), (), (), (str(path),), gitignore=False)
    before = statuses_of(names)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert statuses_of(names) != before


def test_a_link_that_leads_nowhere_is_looked_at_itself(tmp_path: Path) -> None:
    link = tmp_path / "Pipfile"
    link.symlink_to(tmp_path / "elsewhere/Pipfile")
    names = all_looked_at((tmp_path,), (), (), (str(link),), gitignore=False)
    before = statuses_of(names)
    (tmp_path / "elsewhere").mkdir()
    after_folder = statuses_of(names)
    (tmp_path / "elsewhere/Pipfile").touch()
    assert before != after_folder != statuses_of(names)


def test_no_run_of_the_linter_uses_the_parts_whose_code_is_not_looked_at() -> None:
    assert OTHER_PARTS.isdisjoint(ARROWS["lint"])
