"""Trees are found however their place is written, and several are several."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.migrations.judge import read
from forge_doctor.migrations.tree.places import places

REVISION = "revision = {!r}\ndown_revision = {!r}\n\n\ndef upgrade():\n    pass\n"


def put(folder: Path, *names: str) -> None:
    """A chain of revisions in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    down = None
    for name in names:
        (folder / f"{name}.py").write_text(REVISION.format(name, down), encoding="utf-8")
        down = name


def found(folder: Path) -> list[tuple[str, list[str]]]:
    """Each tree: its name, and its revisions."""
    histories = [read(place, folder) for place in places(folder)]
    return [(one.tree.name, sorted(each.id for each in one.tree.revisions)) for one in histories]


def with_env(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "env.py").write_text("", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("alembic.ini", "[alembic]\nscript_location = db\n"),
        ("alembic.ini", "[alembic]\nscript_location = %(here)s/db\nfile_template = %%(rev)s\n"),
        ("alembic.ini", "[DEFAULT]\nplace = db\n[alembic]\nscript_location: %(place)s\n"),
        ("alembic.ini", "\ufeff[alembic]\nscript_location = shop:../db\n"),
        ("other.ini", "[tenant]\nscript_location = db\n"),
        ("pyproject.toml", '[tool.alembic]\nscript_location = "%(here)s/db"\n'),
        ("pyproject.toml", "[project]\nname = 'shop'\n"),
    ],
)
def test_the_place_is_read(name: str, text: str, tmp_path: Path) -> None:
    put(with_env(tmp_path / "db") / "versions", "a1", "b2")
    (tmp_path / "shop").mkdir()
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert found(tmp_path) == [("db/versions", ["a1", "b2"])]


@pytest.mark.parametrize(
    ("written", "separator"),
    [
        ("one two", ""),
        ("one, two", ""),
        ("one:two", "version_path_separator = :\n"),
        ("one;two", "version_path_separator = ;\n"),
        ("one:two", "path_separator = os\n"),
        ("one two", "path_separator = space  # a comment\n"),
        ("\n    one\n    two", "path_separator = newline\n"),
        ("%(here)s/one %(here)s/two %(here)s/gone", ""),
    ],
)
def test_several_version_locations_are_one_tree(written: str, separator: str, tmp_path: Path) -> None:
    with_env(tmp_path / "db")
    put(tmp_path / "one", "a1")
    put(tmp_path / "two", "x1")
    text = f"[alembic]\nscript_location = db\n{separator}version_locations = {written}\n"
    (tmp_path / "alembic.ini").write_text(text, encoding="utf-8")
    assert found(tmp_path) == [("db", ["a1", "x1"])]


def test_recursive_folders_are_one_tree_and_others_one_each(tmp_path: Path) -> None:
    versions = with_env(tmp_path / "db") / "versions"
    put(versions / "2025", "a1")
    put(versions / "2026", "b2")
    ini = tmp_path / "alembic.ini"
    ini.write_text("[alembic]\nscript_location = db\n", encoding="utf-8")
    assert found(tmp_path) == [("db/versions/2025", ["a1"]), ("db/versions/2026", ["b2"])]
    ini.write_text("[alembic]\nscript_location = db\nrecursive_version_locations = true\n", encoding="utf-8")
    assert found(tmp_path) == [("db/versions", ["a1", "b2"])]


def test_several_trees_are_several(tmp_path: Path) -> None:
    for name in ("billing", "shop"):
        put(with_env(tmp_path / name / "migrations") / "versions", f"{name}1")
    assert found(tmp_path) == [("billing/migrations/versions", ["billing1"]), ("shop/migrations/versions", ["shop1"])]


def test_a_versions_folder_may_be_named(tmp_path: Path) -> None:
    put(tmp_path / "db" / "versions", "a1")
    (place,) = places(tmp_path / "db" / "versions")
    assert [one.id for one in read(place, tmp_path).tree.revisions] == ["a1"]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="no such file"):
        places(tmp_path / "gone")
    with pytest.raises(CannotInspect, match="no migrations there"):
        places(tmp_path)


@pytest.mark.parametrize(
    ("text", "down"),
    [
        ("down_revision = None", ()),
        ("down_revision: str | None = 'a1'", ("a1",)),
        ("down_revision: Union[str, Sequence[str], None] = ('a1', 'b2')", ("a1", "b2")),
        ("down_revision = ['a1', 'b2']", ("a1", "b2")),
        ("BASE = 'a1'\ndown_revision = BASE", ("a1",)),
        ("down_revision = 'a' + '1'", ("a1",)),
        ("down_revision = f'{1}a'", ("1a",)),
        ("if True:\n    down_revision = 'a1'", ("a1",)),
    ],
)
def test_ids_are_read_however_they_are_written(text: str, down: tuple[str, ...], tmp_path: Path) -> None:
    versions = with_env(tmp_path / "db") / "versions"
    versions.mkdir()
    (versions / "c.py").write_text(f"revision: str = 'c3'\n{text}\ndepends_on = ('x',)\n", encoding="utf-8")
    (place,) = places(tmp_path)
    (revision,) = read(place, tmp_path).tree.revisions
    assert (revision.down, revision.depends_on) == (down, ("x",))


def test_a_file_that_does_not_parse_is_said_and_the_others_go_on(tmp_path: Path) -> None:
    versions = with_env(tmp_path / "db") / "versions"
    put(versions, "a1", "b2")
    (versions / "c.py").write_text(
        "revision = 'c3'\ndown_revision = 'b2'\n\n\ndef upgrade(:\n    pass\n", encoding="utf-8"
    )
    (place,) = places(tmp_path)
    tree = read(place, tmp_path).tree
    assert [one.id for one in tree.graph.heads] == ["c3"]
    assert [one.reason.split(":")[0] for one in tree.unread] == ["db/versions/c.py"]
