"""Small Alembic trees in a folder, and `forge-doctor migrations` run on them as a user types it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.support.lint_command import Ran, run

INI = "[alembic]\nscript_location = migrations\nprepend_sys_path = .\n"
# Nothing to find in it.
ENV = """\
from alembic import context
from sqlalchemy import text

from models import Base, engine


def run_migrations_online() -> None:
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, transaction_per_migration=True)
        with context.begin_transaction():
            connection.execute(text("SET lock_timeout = '4s'"))
            context.run_migrations()


run_migrations_online()
"""
MODELS = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_engine("postgresql+psycopg:///shop")


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
BASE_UP = 'op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True), sa.Column("note", sa.Text))'
BASE_DOWN = 'op.drop_table("orders")'
INDEX_UP = 'op.create_index("ix_note", "orders", ["note"])'
INDEX_DOWN = 'op.drop_index("ix_note", "orders", postgresql_concurrently=True)'


def revision(id_: str, down: str | None, upgrade: str, downgrade: str = "pass") -> str:
    """A revision file."""
    return (
        f'"""{id_}."""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = "{id_}"\ndown_revision = {down!r}\n'
        f"\n\ndef upgrade() -> None:\n    {upgrade}\n\n\ndef downgrade() -> None:\n    {downgrade}\n"
    )


def shop(**more: str) -> dict[str, str]:
    """A project with one revision that is in order; `more` are files below its versions folder, by stem."""
    files = {
        "alembic.ini": INI,
        "models.py": MODELS,
        "migrations/env.py": ENV,
        "migrations/versions/a001.py": revision("a001", None, BASE_UP, BASE_DOWN),
    }
    return files | {f"migrations/versions/{stem}.py": text for stem, text in more.items()}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """The files below the folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def migrations(folder: Path, *arguments: str) -> Ran:
    """Run the command in a folder."""
    return run(folder, "migrations", *arguments)


def migrations_json(folder: Path, *arguments: str) -> Ran:
    """The same with `--output-format json`."""
    return migrations(folder, *arguments, "--output-format", "json")
