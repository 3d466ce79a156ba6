"""`forge-doctor migrations --dsn`: the tree and the database in one run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.migration_trees import INDEX_DOWN, INDEX_UP, migrations, migrations_json, revision, shop, write
from tests.support.postgres import FreshDatabase

AT_FIRST = (
    "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO alembic_version VALUES ('{0}');"
    "CREATE TABLE orders (id int PRIMARY KEY, note text);"
)
NOWHERE = "postgresql://app@127.0.0.1:1/shop"


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "DATABASE_URL", "FORGE_DOCTOR_DSN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, shop(b002=revision("b002", "a001", INDEX_UP, INDEX_DOWN)))


def database(fresh: FreshDatabase, at: str) -> str:
    fresh.sql(f"SET ROLE {fresh.user}; {AT_FIRST.format(at)}")
    return fresh.dsn()


def test_where_the_database_stands_is_told_behind_the_tree(folder: Path, fresh_database18: FreshDatabase) -> None:
    dsn = database(fresh_database18, "a001")
    document = json.loads(migrations_json(folder, "--dsn", dsn).out)
    assert [one["name"] for one in document["trees"]] == ["migrations/versions"]
    assert document["inspected"]["version tables"] == 1
    assert "index-not-concurrent" in {one["check"] for one in document["findings"]}
    assert "b002" in json.dumps(document["migrations"])
    assert fresh_database18.password not in json.dumps(document)


def test_what_was_seen_is_kept_and_judged_again_without_a_server(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, fresh_database18: FreshDatabase
) -> None:
    dsn, kept = database(fresh_database18, "f999"), tmp_path_factory.mktemp("kept") / "seen.json"
    live = migrations_json(folder, "--dsn", dsn, "--save", str(kept))
    assert fresh_database18.password not in kept.read_text(encoding="utf-8")
    again = migrations_json(folder, "--snapshot", str(kept))
    assert (again.status, again.places) == (live.status, live.places)
    assert "database-ahead-of-code" in {one["check"] for one in again.findings}
    assert json.loads(again.out)["migrations"] == json.loads(live.out)["migrations"]


def test_pending_is_told_by_a_file_as_well(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, fresh_database18: FreshDatabase
) -> None:
    dsn, kept = database(fresh_database18, "a001"), tmp_path_factory.mktemp("kept") / "seen.json"
    migrations(folder, "--dsn", dsn, "--save", str(kept))
    ran = migrations_json(folder, "--snapshot", str(kept), "--pending", "--select", "index-not-concurrent")
    assert [one["location"]["target"] for one in ran.findings] == ["migrations/versions/b002.py"]


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("--save", "seen.json"), 2, "--save: needs --dsn"),
        (("--save", "seen.json", "--no-live"), 2, "--save and --no-live"),
        (("--snapshot", "seen.json"), 3, "cannot be read"),
        (("--snapshot", "alembic.ini"), 3, "is no snapshot"),
        (("--snapshot", "seen.json", "--dsn", NOWHERE), 2, "--dsn does not go with --snapshot"),
        (("--snapshot", "seen.json", "--metadata", "models:Base.metadata"), 2, "--metadata does not go"),
        (("--dsn", NOWHERE, "--save", "models.py"), 2, "is read in this run"),
    ],
)
def test_what_cannot_be_kept_or_replayed_is_said(
    arguments: tuple[str, ...], status: int, told: str, folder: Path
) -> None:
    before = (folder / "models.py").read_bytes()
    ran = migrations(folder, *arguments)
    assert ran.status == status, ran.err
    assert told in ran.err
    assert (folder / "models.py").read_bytes() == before


def test_of_a_server_that_cannot_be_reached_nothing_is_kept(folder: Path) -> None:
    ran = migrations(folder, "--dsn", NOWHERE, "--save", "seen.json")
    assert ran.status == 1  # findings of the tree win over what could not be looked at
    assert not (folder / "seen.json").exists()
    assert "nothing was seen" in ran.err


def test_pending_is_what_the_database_lacks(folder: Path, fresh_database18: FreshDatabase) -> None:
    dsn = database(fresh_database18, "b002")
    ran = migrations_json(folder, "--dsn", dsn, "--pending", "--select", "index-not-concurrent")
    assert ran.findings == []
    assert json.loads(ran.out)["inspected"]["judged"] == 0
    fresh_database18.sql("UPDATE alembic_version SET version_num = 'a001'")
    ran = migrations_json(folder, "--dsn", dsn, "--pending", "--select", "index-not-concurrent")
    assert [one["location"]["target"] for one in ran.findings] == ["migrations/versions/b002.py"]


def test_an_image_older_than_its_database_is_told(folder: Path, fresh_database18: FreshDatabase) -> None:
    ran = migrations_json(folder, "--dsn", database(fresh_database18, "f999"))
    assert ran.status == 1
    assert "database-ahead-of-code" in {one["check"] for one in ran.findings}


def test_the_environment_names_the_database_and_no_live_leaves_it_alone(
    folder: Path, fresh_database18: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database(fresh_database18, "a001"))
    assert "version tables" in json.loads(migrations_json(folder).out)["inspected"]
    assert "version tables" not in json.loads(migrations_json(folder, "--no-live").out)["inspected"]


def test_a_database_without_a_tree_is_looked_at(tmp_path: Path, fresh_database18: FreshDatabase) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    ran = migrations_json(tmp_path, "--dsn", database(fresh_database18, "a001"))
    assert json.loads(ran.out)["inspected"]["version tables"] == 1
    assert "no tree was looked at" in ran.err


def test_a_server_that_is_named_and_cannot_be_reached_is_no_silence(folder: Path) -> None:
    ran = migrations_json(folder, "--dsn", NOWHERE, "--select", "multiple-heads")
    assert ran.status == 3
    assert json.loads(ran.out)["not_run"]


@pytest.mark.parametrize("url", [NOWHERE, "sqlite:///shop.db"])
def test_one_that_only_the_environment_names_is_said_and_left_out(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    ran = migrations(folder, "--select", "multiple-heads")
    assert (ran.status, "the database of DATABASE_URL was left out" in ran.err) == (0, True)


def test_metadata_needs_a_database(folder: Path) -> None:
    ran = migrations(folder, "--metadata", "models:Base.metadata")
    assert (ran.status, ran.out) == (2, "")
    assert "--metadata: needs --dsn" in ran.err


@pytest.mark.slow
def test_models_are_compared_with_the_database(folder: Path, fresh_database18: FreshDatabase) -> None:
    ran = migrations_json(folder, "--dsn", database(fresh_database18, "b002"), "--metadata", "models:Base.metadata")
    document = json.loads(ran.out)
    assert document["inspected"]["tables of the models"] == 1, ran.err
    assert "database-not-in-models" in {one["check"] for one in document["findings"]}
