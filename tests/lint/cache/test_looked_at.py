"""What a run looked at: where none of it changed, a new look says the same, whatever else was done."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from forge_doctor.kept_results.file_status import statuses_of
from forge_doctor.lint import schedule
from forge_doctor.lint.cache.looked_at import TooMuch, all_looked_at
from forge_doctor.lint.schedule import look, look_with_cache
from tests.lint.cache.test_hostile_changes import Trip
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
