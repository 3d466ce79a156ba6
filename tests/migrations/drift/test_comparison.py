"""The models of an application against a real database: each difference is told as what it is, and nothing else."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.finding import Severity
from forge_doctor.migrations.drift.collect import DriftRequest, collect_drift
from forge_doctor.migrations.drift.comparison import Comparison
from forge_doctor.migrations.drift.run import run_drift
from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.report import Report
from tests.support.postgres import FreshDatabase

MODELS = """
from datetime import datetime

from sqlalchemy import ForeignKey, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData()


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str | None]


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    note: Mapped[str | None] = mapped_column(String(50))
    placed_at: Mapped[datetime]
"""
AGREES = """
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL);
CREATE TABLE customers (id serial PRIMARY KEY, email varchar(100) NOT NULL UNIQUE, name varchar);
CREATE TABLE orders (id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, note varchar(50),
    placed_at timestamp NOT NULL);
CREATE INDEX ix_orders_customer_id ON orders (customer_id);
CREATE EXTENSION hstore;
CREATE TABLE events (at date) PARTITION BY RANGE (at);
ALTER EXTENSION hstore ADD TABLE events;
"""


def compare(database: FreshDatabase, folder: Path, spec: str = "shop.models:Base.metadata", **more: object) -> Report:
    return run_drift(compared(database, folder, spec, **more))


def compared(database: FreshDatabase, folder: Path, spec: str, **more: object) -> Comparison:
    package = folder / "shop"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").touch()
    (package / "models.py").write_text(MODELS)
    request = DriftRequest(
        spec=spec,
        target=resolve_targets((database.dsn(),))[0],
        python=sys.executable,
        folder=folder,
        here=folder,
        **more,  # type: ignore[arg-type]
    )
    return asyncio.run(collect_drift(request))


def test_models_that_agree_are_in_order(fresh_database18: FreshDatabase, tmp_path: Path) -> None:
    fresh_database18.sql(AGREES)
    report = compare(fresh_database18, tmp_path)
    assert report.findings == ()
    assert report.headline.endswith("agree.")


def test_each_difference_is_told_as_what_it_is_at_the_models_line(
    fresh_database18: FreshDatabase, tmp_path: Path
) -> None:
    fresh_database18.sql(AGREES)
    fresh_database18.sql(
        "ALTER TABLE customers DROP COLUMN name, DROP CONSTRAINT customers_email_key, ADD COLUMN tax_id text NOT NULL;"
        "ALTER TABLE orders ALTER note TYPE varchar(20), ALTER note SET NOT NULL, ALTER placed_at TYPE timestamptz;"
        "DROP INDEX ix_orders_customer_id;"
        "CREATE TABLE leftovers (id int)"
    )
    found = {(one.check, str(one.location)): one for one in compare(fresh_database18, tmp_path).findings}
    assert set(found) == {
        ("model-not-in-database", "shop/models.py:17"),
        ("keys-differ", "shop/models.py:12"),
        ("database-not-in-models", "shop/models.py:12"),
        ("column-differs", "shop/models.py:25"),
        ("column-differs", "shop/models.py:26"),
        ("keys-differ", "shop/models.py:20"),
        ("database-not-in-models", f"{resolve_targets((fresh_database18.dsn(),))[0].label} table leftovers"),
    }
    assert (
        "TIMESTAMP WITH TIME ZONE in the database and TIMESTAMP WITHOUT"
        in found["column-differs", "shop/models.py:26"].message
    )
    refused = found["database-not-in-models", "shop/models.py:12"]
    assert refused.severity is Severity.ERROR
    assert "every INSERT by the model fails" in refused.message


WITH_DEFAULTS = """
from sqlalchemy import Boolean, MetaData, Numeric, String, func, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData()


class Setting(Base):
    __tablename__ = "settings"

    id: Mapped[int] = mapped_column(primary_key=True)
    same: Mapped[str] = mapped_column(String(9), server_default="it's")
    price: Mapped[float] = mapped_column(Numeric(8, 2), server_default="0")
    on: Mapped[bool] = mapped_column(server_default=text("true"))
    off: Mapped[bool] = mapped_column(server_default="0")
    at: Mapped[str] = mapped_column(server_default=func.now())
    lost: Mapped[str] = mapped_column(server_default="x")
    other: Mapped[int] = mapped_column(server_default="5")
    flipped: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    backfilled: Mapped[int]
"""


def test_defaults_are_compared_where_that_is_certain(fresh_database18: FreshDatabase, tmp_path: Path) -> None:
    fresh_database18.sql(
        "CREATE TABLE settings (id serial PRIMARY KEY, same varchar(9) NOT NULL DEFAULT 'it''s',"
        ' price numeric(8, 2) NOT NULL DEFAULT 0.00, "on" boolean NOT NULL DEFAULT true, off boolean NOT NULL DEFAULT false,'
        " at varchar NOT NULL DEFAULT clock_timestamp(), lost varchar NOT NULL, other int NOT NULL DEFAULT 6,"
        " flipped boolean NOT NULL DEFAULT true, backfilled int NOT NULL DEFAULT 0)"
    )
    (tmp_path / "defaults.py").write_text(WITH_DEFAULTS)
    found = compare(fresh_database18, tmp_path, "defaults:Base.metadata").findings
    told = {one.message.split()[1]: one.message for one in found}
    assert set(told) == {"settings.lost", "settings.other", "settings.flipped"}
    assert "no default in the database" in told["settings.lost"]
    assert "default 6 in the database and 5 in the model" in told["settings.other"]


def test_pending_revisions_are_said_to_be_the_reason(fresh_database18: FreshDatabase, tmp_path: Path) -> None:
    report = compare(fresh_database18, tmp_path, pending=2)
    assert {one.severity for one in report.findings} == {Severity.WARNING}
    assert all("2 revisions are pending" in one.message for one in report.findings)


def test_what_stands_in_the_way_is_named(fresh_database18: FreshDatabase, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="no attribute 'Nothing'"):
        compared(fresh_database18, tmp_path, "shop.models:Nothing")
    with pytest.raises(UsageProblem, match="is a DeclarativeAttributeIntercept, not a MetaData"):
        compared(fresh_database18, tmp_path, "shop.models:Base")
    fresh_database18.sql(f"ALTER ROLE {fresh_database18.user} PASSWORD 'another'")
    with pytest.raises(CannotInspect, match="password authentication failed") as refused:
        compared(fresh_database18, tmp_path, "shop.models:Base.metadata")
    assert fresh_database18.password not in str(refused.value)
