"""Changed lines, asked of a real git."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from forge_doctor.errors import UsageProblem
from forge_doctor.suppression.changed_lines import ChangedLines, changed_since
from tests.lint.examples import finding
from tests.support.git_repository import GitRepository, new_repository

LINES = "".join(f"line_{number} = {number}\n" for number in range(1, 9))


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    repository = new_repository(tmp_path / "shop")
    repository.write("app.py", LINES)
    repository.commit()
    return repository


def changed_lines(repository: GitRepository, name: str = "app.py", since: str = "main") -> list[int]:
    changed = changed_since(since, repository.path)
    return lines_of(changed, repository.path / name)


def lines_of(changed: ChangedLines, path: Path) -> list[int]:
    return [line for line in range(1, 13) if changed.holds(path, finding("rule-a", line))]


def test_nothing_changed_is_nothing(repository: GitRepository) -> None:
    assert changed_lines(repository) == []


def test_committed_staged_and_unstaged_lines_count_and_the_branch_point_is_what_they_differ_from(
    repository: GitRepository,
) -> None:
    repository.git("checkout", "--quiet", "-b", "feature")
    text = repository.write("app.py", LINES.replace("= 2\n", "= 20\n")).read_text()
    repository.commit()
    text = text.replace("= 4\n", "= 40\n")
    repository.write("app.py", text)
    repository.git("add", "app.py")
    repository.write("app.py", text.replace("= 6\n", "= 60\n60\n"))
    repository.git("stash", "--quiet")
    repository.git("checkout", "--quiet", "main")
    repository.write("app.py", LINES.replace("= 8\n", "= 80\n"))
    repository.commit("Move on")
    repository.git("checkout", "--quiet", "feature")
    repository.git("stash", "pop", "--quiet", "--index")
    assert changed_lines(repository) == [2, 4, 6, 7]


def test_where_lines_were_taken_away_the_neighbours_count(repository: GitRepository) -> None:
    repository.write("app.py", LINES.replace("line_4 = 4\n", ""))
    assert changed_lines(repository) == [3, 4]


def test_a_new_file_counts_whole_tracked_or_not(repository: GitRepository) -> None:
    repository.write("new.py", "a\nb\n")
    assert changed_lines(repository, "new.py") == list(range(1, 13))
    repository.git("add", "new.py")
    assert changed_lines(repository, "new.py") == [1, 2]


def test_a_finding_counts_if_any_of_its_lines_did_and_one_without_a_line_if_its_file_did(
    repository: GitRepository,
) -> None:
    repository.write("app.py", LINES.replace("= 4\n", "= 40\n"))
    repository.write("other.py", "x\n")
    repository.commit()
    changed = changed_since("HEAD~1", repository.path)
    path = repository.path / "app.py"
    assert changed.holds(path, finding("rule-a", 2, end_line=5))
    assert not changed.holds(path, finding("rule-a", 5, end_line=6))
    assert changed.holds(path, finding("rule-a", None))
    assert not changed.holds(repository.path / "third.py", finding("rule-a", None))


@pytest.mark.parametrize(
    "name", ["with space.py", "tab\there.py", 'quo"te.py', "back\\slash.py", "naïve.py", "new\nline.py", "b/b/x.py"]
)
def test_any_file_name_is_understood(repository: GitRepository, name: str) -> None:
    repository.write(name, "a\nb\n")
    repository.commit()
    repository.write(name, "a\nB\n")
    assert changed_lines(repository, name, "HEAD") == [2]


def test_a_name_that_is_no_utf8_is_understood(repository: GitRepository) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    (repository.path / name).write_text("a\n")
    repository.commit()
    (repository.path / name).write_text("a\nb\n")
    assert changed_lines(repository, name, "HEAD") == [2]


def test_added_lines_that_look_like_a_diff_are_content(repository: GitRepository) -> None:
    repository.write("app.py", "++ b/other.py\n@@ -1 +1,9 @@\n" + LINES)
    repository.write("other.py", "x\n")
    repository.commit()
    changed = changed_since("HEAD~1", repository.path)
    assert lines_of(changed, repository.path / "app.py") == [1, 2]
    assert lines_of(changed, repository.path / "other.py") == [1]


def test_the_users_diff_settings_do_not_matter(repository: GitRepository) -> None:
    for key, value in {"diff.noprefix": "true", "color.ui": "always", "diff.external": "false"}.items():
        repository.git("config", key, value)
    repository.write("app.py", LINES.replace("= 4\n", "= 40\n"))
    assert changed_lines(repository) == [4]


def test_only_the_changed_lines_of_a_renamed_file_count(repository: GitRepository) -> None:
    repository.git("mv", "app.py", "moved.py")
    repository.write("moved.py", LINES.replace("= 4\n", "= 40\n"))
    repository.git("add", "--all")
    assert changed_lines(repository, "moved.py") == [4]


def test_deleted_files_and_files_without_a_newline_at_the_end(repository: GitRepository) -> None:
    repository.write("last.py", "a\nb")
    repository.commit()
    (repository.path / "app.py").unlink()
    repository.write("last.py", "a\nc")
    repository.write("zz.py", "x")
    repository.git("add", "--all")
    assert changed_lines(repository, "last.py", "HEAD") == [2]
    assert changed_lines(repository, "zz.py", "HEAD") == [1]


@pytest.mark.parametrize("reference", ["nowhere", "--output=x", "", "main:app.py"])
def test_a_reference_git_does_not_know_is_named(repository: GitRepository, reference: str) -> None:
    with pytest.raises(UsageProblem, match=f"--since {reference}: git knows no such commit"):
        changed_since(reference, repository.path)
    assert not (repository.path / "x").exists()


def test_a_folder_outside_git_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match=r"--since main: .* is not in a git repository"):
        changed_since("main", tmp_path)


def test_a_history_without_a_common_commit_is_told_with_the_mend(repository: GitRepository) -> None:
    repository.git("checkout", "--quiet", "--orphan", "alone")
    repository.commit("Begin anew")
    with pytest.raises(UsageProblem, match=r"no commit in common with HEAD .*--unshallow"):
        changed_since("main", repository.path)


def test_a_repository_without_a_commit_is_told(tmp_path: Path) -> None:
    new_repository(tmp_path)
    with pytest.raises(UsageProblem, match="--since HEAD: git knows no such commit"):
        changed_since("HEAD", tmp_path)
