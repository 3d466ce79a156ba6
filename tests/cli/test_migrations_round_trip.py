"""`forge-doctor migrations --test-downgrade`: a throw-away PostgreSQL tries what is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.migration_trees import ENV, migrations, migrations_json, revision, shop, write

SYNC_ENV = ENV.replace(
    "    with engine.connect() as connection:",
    "    engine = engine_from_config({'sqlalchemy.url': context.config.get_main_option('sqlalchemy.url')})\n"
    "    with engine.connect() as connection:",
).replace("from sqlalchemy import text", "from sqlalchemy import engine_from_config, text")


@pytest.mark.parametrize("option", ["--rows", "--server"])
def test_its_options_need_it(option: str, tmp_path: Path) -> None:
    ran = migrations(write(tmp_path, shop()), option, "x")
    assert (ran.status, ran.out) == (2, "")
    assert f"{option}: needs --test-downgrade" in ran.err


def test_a_tree_without_alembic_ini_cannot_be_tried_and_that_is_said(tmp_path: Path) -> None:
    files = shop()
    del files["alembic.ini"]
    ran = migrations_json(write(tmp_path, files), "--test-downgrade")
    (told,) = json.loads(ran.out)["not_run"]
    assert (ran.status, "there is no alembic.ini" in told["reason"]) == (3, True)


@pytest.mark.slow
def test_what_is_tried_joins_what_is_read_and_is_muted_like_it(tmp_path: Path) -> None:
    wrong = revision(
        "b002", "a001", 'op.add_column("orders", sa.Column("a", sa.Integer))', 'op.drop_column("orders", "b")'
    )
    write(tmp_path, {**shop(b002=wrong), "migrations/env.py": SYNC_ENV})
    ran = migrations_json(tmp_path, "--test-downgrade", "--fail-on", "error")
    document = json.loads(ran.out)
    assert ran.status == 1, ran.out
    assert document["inspected"]["revisions tried"] == 2
    found = {one["check"]: one for one in document["findings"]}
    assert "42703" in found["downgrade-mismatch"]["message"] + str(found["downgrade-mismatch"]["evidence"])
    comment = "    # forge-doctor: ignore[downgrade-mismatch] known\n"
    write(tmp_path, {"migrations/versions/b002.py": wrong.replace("    op.drop", comment + "    op.drop")})
    assert "downgrade-mismatch" not in {one["check"] for one in migrations_json(tmp_path, "--test-downgrade").findings}
