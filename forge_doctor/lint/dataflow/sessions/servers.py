"""Which database server a session talks to, and whether all talk to it by one pool, as far as the code says; connects to none."""

from __future__ import annotations

from pathlib import Path

from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_contents, marked_files
from forge_doctor.code.syntax.nodes import Call, Node
from forge_doctor.code.syntax.stubs import is_test_path
from forge_doctor.lint.dataflow.one_time import is_run_once
from forge_doctor.lint.dataflow.sessions.module_engines import engine_behind
from forge_doctor.lint.dataflow.sessions.transactions import opened_by
from forge_doctor.regex import regex

POSTGRESQL = ("postgresql", "postgres", "cockroachdb")
# A table with a column of their types cannot be made on PostgreSQL.
OTHERS = ("mssql", "oracle", "mysql")
MADE = regex(rb"\bcreate_(?:async_)?engine\s*\(|\bengine_from_config\s*\(")
MADE_ASYNC = regex(rb"\b(?:create_async_engine|async_engine_from_config|AsyncEngine)\s*\(")
MADE_FOR = regex(rb"\bcreate_(?:async_)?engine\s*\(\s*(?:url\s*=\s*)?[fFrR]{0,2}[\"']([a-z0-9]{1,40})[+:]")


def is_other_than_postgresql(project: Project, session: Node) -> bool:
    """Whether it surely is another server: by the URL of the engine behind the block that opens the session, or by those of
    all engines of the project."""
    opened = opened_by(session)
    for item in () if opened is None else opened.items:
        if item.target is not None and item.target.text == session.text and isinstance(item.value, Call):
            engine = engine_behind(project, item.value)
            if engine is not None and engine.dsn is not None:
                return engine.dsn.dialect not in POSTGRESQL
    return has_other_servers_alone(project)


@kept_for_the_run
def has_other_servers_alone(project: Project) -> bool:
    """Whether every engine of the project is made for a URL that stands right there, and none of them is PostgreSQL's; or its
    columns are of the types of another server, and of no other."""
    if has_columns_of_others_alone(project):
        return True
    servers: set[str] = set()
    for data in marked_contents(project, Mark.ENGINES):
        told = MADE_FOR.findall(data)
        if len(told) != sum(1 for _ in MADE.finditer(data)):
            return False
        servers.update(one.decode() for one in told)
    return bool(servers) and servers.isdisjoint(POSTGRESQL)


def has_columns_of_others_alone(project: Project) -> bool:
    """Whether the project imports types of a server other than PostgreSQL, and names no driver of that."""
    typed = {name for one in project.surfaces.values() for kind, name in one.marks if kind == Mark.DIALECTS}
    return not typed.isdisjoint(OTHERS) and typed.isdisjoint(POSTGRESQL) and not marked_files(project, Mark.ASYNCPG)


@kept_for_the_run
def has_one_async_engine(project: Project) -> bool:
    """Whether one place of the project makes asynchronous engines, tests and what runs once left aside: all its sessions
    then wait at one pool."""
    places = (one for one in marked_files(project, Mark.ENGINES) if not is_aside(project, one))
    return sum(len(MADE_ASYNC.findall(project.reading.bytes_of(one) or b"")) for one in places) == 1


def is_aside(project: Project, path: Path) -> bool:
    """Whether it is a test, or runs once."""
    place = path.relative_to(project.root).as_posix()
    return is_test_path(place) or is_run_once(place)
