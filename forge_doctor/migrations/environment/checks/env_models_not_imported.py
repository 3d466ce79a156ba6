"""The metadata env.py compares with lacks tables, since nothing imports the modules that declare them.

Why: a class or Table is part of its metadata once its module was imported. `alembic revision --autogenerate` takes tables it
finds in the database and not in the metadata for dropped ones, and writes `op.drop_table()` for them.

Bad:

    # file: base.py
    from sqlalchemy.orm import DeclarativeBase

    class Base(DeclarativeBase): ...

    # file: orders.py
    from sqlalchemy.orm import Mapped, mapped_column
    from base import Base

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)

    # file: env.py
    from alembic import context
    from base import Base

    context.configure(connection=connection, target_metadata=Base.metadata)
    context.run_migrations()

Good:

    # file: base.py
    from sqlalchemy.orm import DeclarativeBase

    class Base(DeclarativeBase): ...

    # file: orders.py
    from sqlalchemy.orm import Mapped, mapped_column
    from base import Base

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)

    # file: env.py
    from alembic import context
    from base import Base
    import orders

    context.configure(connection=connection, target_metadata=Base.metadata)
    context.run_migrations()

Wrong when: the modules are loaded in a way that no import statement shows, or `include_object` keeps their tables out. Nothing
is told where a loaded module imports by name at run time (importlib, pkgutil, entry points), and classes of tests, abstract
classes and bases with another metadata do not count. Where some tables are loaded and others are not, the confidence is medium.

Source: https://alembic.sqlalchemy.org/en/latest/autogenerate.html; an application whose env.py imported eight of its models
was offered a revision that drops the tables of the others
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.syntax.nodes import Assign, Name, Node
from forge_doctor.finding import Confidence, Evidence, Finding, Related, Severity
from forge_doctor.migrations.environment.declared_models import Declared, declared, named_bases
from forge_doctor.migrations.environment.env_script import EnvScript

MOST_SHOWN = 5


@check(severity=Severity.ERROR)
def env_models_not_imported(script: EnvScript) -> Iterator[Finding]:
    """Compare the modules that declare tables of this metadata with those that env.py loads."""
    given = next((one.call.keyword("target_metadata") for one in script.every_configure if one.is_online), None)
    bases = () if given is None else named_bases(script.project, given)
    if given is None or not bases or script.loaded.is_dynamic:
        return
    models = [one for base in bases for one in declared(script, base)]
    missing = [one for one in models if one.class_.file.absolute not in script.loaded.files]
    if not missing:
        return
    place = _place(given)
    none_loaded = len(missing) == len(models)
    names = ", ".join(sorted(one.table for one in missing)[:MOST_SHOWN])
    more = f" and {len(missing) - MOST_SHOWN} more" if len(missing) > MOST_SHOWN else ""
    yield place.file.finding(
        env_models_not_imported,
        place,
        f"autogenerate would drop {'every table' if none_loaded else 'some tables'}: nothing that env.py imports loads the"
        f" models of {names}{more}",
        confidence=Confidence.HIGH if none_loaded else Confidence.MEDIUM,
        remedy=f"import {_module(missing[0])}  # in env.py, so for each module with models",
        evidence=(
            Evidence(label="tables declared", value=len(models), source="the project's classes of this metadata"),
            Evidence(label="not loaded", value=len(missing)),
        ),
        related=tuple(
            Related(message=f"declares {one.table}", location=one.class_.file.location(one.class_))
            for one in missing[:MOST_SHOWN]
        ),
    )


def _place(given: Node) -> Node:
    """The assignment of the name, where there is one in env.py."""
    if isinstance(given, Name):
        for assign in given.file.query(Assign):
            if assign.target.text == given.id and assign.function is None:
                return assign
    return given


def _module(one: Declared) -> str:
    path = one.class_.file.absolute
    parts = [path.stem]
    for folder in path.parents:
        if not (folder / "__init__.py").exists():
            break
        parts.insert(0, folder.name)
    return ".".join(parts).removesuffix(".__init__")
