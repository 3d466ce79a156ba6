"""Which files are linted: real folders, real repositories, real permissions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from forge_doctor.code.files.discover import Discovered, discover
from forge_doctor.code.files.walk import Scope, excludes, shown
from forge_doctor.errors import UsageProblem
from tests.support.git_repository import GitRepository, new_repository
from tests.support.unprivileged import without_root


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    return new_repository(tmp_path / "shop")


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n", encoding="utf-8")


def names(found: Discovered, below: Path) -> list[str]:
    return [path.relative_to(below).as_posix() for path in found.files]


def look(folder: Path, *, exclude: tuple[str, ...] = (), gitignore: bool = True) -> list[str]:
    found = discover([folder], Scope(base=folder, excludes=excludes(exclude), gitignore=gitignore))
    assert found.blind_spots == ()
    return names(found, folder)


def test_a_folder_outside_git_is_walked_without_environments_and_caches(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a.py",
        "pkg/b.py",
        "c.txt",
        "d.pyi",
        "e.ipynb",
        ".venv/x.py",
        "node_modules/y.py",
        "build/z.py",
        "versioned_docs/1.0/w.py",
        ".history/a_20250530.py",
    )
    write(tmp_path, "env/lib/python3.12/site.py", "env/pyvenv.cfg", ".hidden/h.py", "a/__pycache__/b.py")
    assert look(tmp_path) == [".hidden/h.py", "a.py", "pkg/b.py"]


def test_gitignore_is_honoured_with_nested_files_negation_and_the_info_exclude(repository: GitRepository) -> None:
    write(repository.path, "a.py", "gen/b.py", "gen/keep.py", "sub/c.py", "sub/d.py", "local.py", "untracked.py")
    repository.write(".gitignore", "gen/*\n!gen/keep.py\n")
    repository.write("sub/.gitignore", "d.py\n")
    repository.write(".git/info/exclude", "local.py\n")
    assert look(repository.path) == ["a.py", "gen/keep.py", "sub/c.py", "untracked.py"]
    assert "gen/b.py" in look(repository.path, gitignore=False)


def test_a_tracked_file_is_linted_even_if_a_gitignore_names_it(repository: GitRepository) -> None:
    write(repository.path, "a.py")
    repository.commit()
    repository.write(".gitignore", "a.py\n")
    assert look(repository.path) == ["a.py"]


def test_a_folder_inside_a_repository_is_listed_alone(repository: GitRepository) -> None:
    write(repository.path, "a.py", "pkg/b.py", "pkg/deep/c.py")
    assert look(repository.path / "pkg") == ["b.py", "deep/c.py"]


def test_an_ignored_folder_that_is_named_is_walked(repository: GitRepository) -> None:
    write(repository.path, "gen/a.py")
    repository.write(".gitignore", "gen/\n")
    assert look(repository.path) == []
    assert look(repository.path / "gen") == ["a.py"]


def test_a_file_deleted_but_still_in_the_index_is_no_file(repository: GitRepository) -> None:
    write(repository.path, "a.py", "gone.py")
    repository.commit()
    (repository.path / "gone.py").unlink()
    assert look(repository.path) == ["a.py"]


def test_a_file_in_merge_conflict_is_listed_once(repository: GitRepository) -> None:
    repository.write("a.py", "x = 1\n")
    repository.commit()
    repository.git("checkout", "--quiet", "-b", "other")
    repository.write("a.py", "x = 2\n")
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.write("a.py", "x = 3\n")
    repository.commit()
    with pytest.raises(AssertionError):
        repository.git("merge", "other")
    assert repository.git("ls-files", "--unmerged").count("a.py") >= 2
    assert look(repository.path) == ["a.py"]


def test_submodules_and_repositories_inside_are_searched_by_their_own_gitignore(
    repository: GitRepository, tmp_path: Path
) -> None:
    library = new_repository(tmp_path / "library")
    library.write("lib.py")
    library.commit()
    repository.git("submodule", "--quiet", "add", str(library.path), "libs/library")
    nested = new_repository(repository.path / "nested")
    nested.write("n.py")
    nested.write("ignored.py")
    nested.write(".gitignore", "ignored.py\n")
    assert look(repository.path) == ["libs/library/lib.py", "nested/n.py"]


def test_a_virtual_environment_under_any_name_is_left_out_of_a_repository(repository: GitRepository) -> None:
    write(repository.path, "a.py", "myenv/lib/b.py", "myenv/pyvenv.cfg")
    assert look(repository.path) == ["a.py"]


def test_excludes_hold_below_a_named_folder_but_not_for_the_folder_itself(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "app/legacy/b.py", "app/c.py", "build/d.py")
    scope = Scope(base=tmp_path, excludes=excludes(("app/legacy",)))
    assert names(discover([tmp_path], scope), tmp_path) == ["a.py", "app/c.py"]
    assert names(discover([tmp_path / "app"], scope), tmp_path) == ["app/c.py"]
    assert names(discover([tmp_path / "app/legacy", tmp_path / "build"], scope), tmp_path) == [
        "app/legacy/b.py",
        "build/d.py",
    ]


def test_a_default_exclude_can_be_taken_back(tmp_path: Path) -> None:
    write(tmp_path, "build/d.py")
    assert look(tmp_path) == []
    assert look(tmp_path, exclude=("!build",)) == ["build/d.py"]


def test_a_package_may_be_called_build(tmp_path: Path) -> None:
    write(tmp_path, "app/build/__init__.py", "app/build/plan.py", "build/d.py", "dist/e.py")
    assert look(tmp_path) == ["app/build/__init__.py", "app/build/plan.py"]
    assert look(tmp_path, exclude=("build",)) == []
    paths = [tmp_path / "app/build/plan.py", tmp_path / "build/d.py"]
    forced = Scope(base=tmp_path, force_exclude=True)
    assert names(discover(paths, forced), tmp_path) == ["app/build/plan.py"]


def test_so_may_a_folder_in_a_package_but_none_beside_the_files_of_a_project(tmp_path: Path) -> None:
    write(tmp_path, "app/__init__.py", "app/build/plan.py", "lib/__init__.py", "lib/setup.py", "lib/build/d.py")
    assert look(tmp_path) == ["app/__init__.py", "app/build/plan.py", "lib/__init__.py", "lib/setup.py"]


def test_a_named_file_is_linted_whatever_excludes_it_unless_forced(tmp_path: Path) -> None:
    write(tmp_path, "app/legacy/b.py", "script")
    paths = [tmp_path / "app/legacy/b.py", tmp_path / "script"]
    plain = Scope(base=tmp_path, excludes=excludes(("app/legacy",)))
    forced = Scope(base=tmp_path, excludes=excludes(("app/legacy",)), force_exclude=True)
    assert names(discover(paths, plain), tmp_path) == ["app/legacy/b.py", "script"]
    assert names(discover(paths, forced), tmp_path) == ["script"]
    assert discover(paths, forced).excluded == 1


def test_symlink_loops_end_and_linked_files_are_told_once(tmp_path: Path) -> None:
    write(tmp_path, "pkg/a.py")
    (tmp_path / "pkg/loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "pkg/self.py").symlink_to(tmp_path / "pkg/self.py")
    (tmp_path / "pkg/twin.py").symlink_to(tmp_path / "pkg/a.py")
    (tmp_path / "pkg/.#lock.py").symlink_to("nobody@nowhere:1")
    assert look(tmp_path) == ["pkg/a.py"]
    new_repository(tmp_path)
    assert look(tmp_path) == ["pkg/a.py"]


def test_a_link_to_a_file_elsewhere_is_followed(tmp_path: Path) -> None:
    write(tmp_path, "project/a.py", "shared/b.py")
    (tmp_path / "project/b.py").symlink_to(tmp_path / "shared/b.py")
    assert look(tmp_path / "project") == ["a.py", "b.py"]


def test_what_is_no_regular_file_is_never_opened(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "folder.py/b.py")
    os.mkfifo(tmp_path / "pipe.py")
    assert look(tmp_path) == ["a.py", "folder.py/b.py"]
    with pytest.raises(UsageProblem, match=r"pipe\.py: is neither a file nor a folder; pass - "):
        discover([tmp_path / "pipe.py"], Scope(base=tmp_path))


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match=r"nowhere\.py: No such file or directory: name a file"):
        discover([tmp_path / "nowhere.py"], Scope(base=tmp_path))


@pytest.mark.parametrize("in_git", [False, True])
def test_an_unreadable_folder_is_named_and_the_rest_goes_on(tmp_path: Path, in_git: bool) -> None:
    if in_git:
        new_repository(tmp_path)
    write(tmp_path, "a.py", "top/secret/b.py")
    with without_root(tmp_path):
        (tmp_path / "top/secret").chmod(0)
        found = discover([tmp_path], Scope(base=tmp_path))
        (tmp_path / "top/secret").chmod(0o700)
    assert names(found, tmp_path) == ["a.py"]
    (spot,) = found.blind_spots
    assert spot.reason == f"{tmp_path}/top/secret: Permission denied: nothing in it was linted"


def test_a_name_that_is_no_utf8_is_linted_and_can_be_printed(tmp_path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/caf\xe9.py"
    Path(os.fsdecode(odd)).write_text("x = 1\n", encoding="utf-8")
    new_repository(tmp_path)
    (found,) = discover([tmp_path], Scope(base=tmp_path)).files
    assert os.fsencode(found) == odd
    assert shown(found).endswith("/caf\\xe9.py")
    assert shown(found).encode("utf-8")


def test_paths_named_twice_or_within_each_other_are_linted_once(tmp_path: Path) -> None:
    write(tmp_path, "pkg/a.py")
    paths = [tmp_path, tmp_path / "pkg", tmp_path / "pkg/../pkg/a.py"]
    assert names(discover(paths, Scope(base=tmp_path)), tmp_path) == ["pkg/a.py"]


def test_an_ignore_file_counts_where_there_is_no_repository(tmp_path: Path) -> None:
    for name in ("app/own.py", "app/made.py", "app/kept_pb2.py", "app/deep/made.py", "out/x.py", "app/gen_pb2.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("/out/\n*_pb2.py\n!kept_pb2.py\n[broken\n", encoding="utf-8")
    (tmp_path / "app/.gitignore").write_text("made.py\n!deep/made.py\n", encoding="utf-8")

    def found(**scope: bool) -> set[str]:
        return {str(path.relative_to(tmp_path)) for path in discover([tmp_path], Scope(base=tmp_path, **scope)).files}

    assert found() == {"app/own.py", "app/kept_pb2.py", "app/deep/made.py"}
    assert len(found(gitignore=False)) == 6


def test_an_ignore_file_of_thousands_of_lines_is_read_and_its_last_line_decides(tmp_path: Path) -> None:
    names = ("kept.py", "made.py", "old.py", "plain.py")
    for name in names:
        (tmp_path / name).write_text("x = 1\n", encoding="utf-8")
    many = [f"**/part{number}*of*/**/x{number}?*.py" for number in range(3000)]
    lines = ["kept.py", "!made.py", "old.py", *many, "!kept.py", "made.py", "!old.py", *many[:500], "old.py"]
    (tmp_path / ".gitignore").write_text("\n".join(lines), encoding="utf-8")
    assert look(tmp_path) == ["kept.py", "plain.py"]
