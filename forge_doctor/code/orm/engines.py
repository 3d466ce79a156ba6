"""Calls that make an engine: its URL, its pool class and its settings, as far as they are written in code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.orm.dsn import Dsn, parse_dsn
from forge_doctor.code.semantics.literals import HOLE, dict_entries, filled_text_of, followed, setting_default, text_of
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Call, Keyword, Name, Node
from forge_doctor.code.syntax.source import SourceFile

MAKERS = ("create_async_engine", "create_engine")
LIBRARIES = ("sqlalchemy", "sqlmodel")


class EngineCall(NamedTuple):
    """`create_engine(...)` or `create_async_engine(...)`; `dsn` is None where the URL is not written in code.

    `default_dsn` is what the settings class says where nothing is set from outside.
    """

    call: Call
    project: Project
    is_async: bool
    dsn: Dsn | None
    default_dsn: Dsn | None = None

    @property
    def maker(self) -> str:
        """The function's name."""
        return MAKERS[0] if self.is_async else MAKERS[1]

    @property
    def place(self) -> str:
        """Where it is made: `shop/db.py:12`."""
        return f"{self.call.file.path}:{self.call.line}"

    @property
    def has_spread(self) -> bool:
        """Whether `**settings` may bring in more than is seen."""
        return any(not one.name for one in self.call.keywords)

    @property
    def is_custom(self) -> bool:
        """Whether the pool or the connections are made by the caller's own code."""
        return any(one.name in ("pool", "creator", "async_creator") for one in self.call.keywords)

    def setting(self, name: str) -> Node | None:
        """What a setting is given, through names bound once."""
        value = self.call.keyword(name)
        return None if value is None else followed(self.project, value)

    def keyword(self, name: str) -> Keyword | None:
        """The setting as written, as a place for findings."""
        return next((one for one in self.call.keywords if one.name == name), None)

    def number(self, name: str) -> float | None:
        """The number a setting is given; None where it is none or not known."""
        node = self.setting(name)
        try:
            return None if node is None else float(node.text)
        except ValueError:
            return None

    @property
    def pool_class(self) -> str:
        """The name of SQLAlchemy's pool class that `poolclass=` gives; empty where not certain."""
        given = self.call.keyword("poolclass")
        return "" if given is None else self.pool_class_of(given)

    def pool_class_of(self, given: Node) -> str:
        """The same of what `poolclass` is given, wherever that stands."""
        node = followed(self.project, given)
        if not isinstance(node, Name | Attribute):
            return ""
        package, _, name = self.project.qualified(node).rpartition(".")
        return name if package.partition(".")[0] == LIBRARIES[0] else ""

    def connect_args(self) -> dict[str, Node] | None:
        """The entries of `connect_args`; None where they cannot be seen."""
        given = self.call.keyword("connect_args")
        return {} if given is None else dict_entries(self.project, given)


def engine_calls(file: SourceFile, project: Project) -> Iterator[EngineCall]:
    """Every call of SQLAlchemy's or SQLModel's engine makers."""
    for call in file.calls(*MAKERS):
        package, _, name = project.qualified(call.func).rpartition(".")
        if name in MAKERS and package.partition(".")[0] in LIBRARIES:
            yield EngineCall(
                call=call, project=project, is_async=name == MAKERS[0],
                dsn=dsn_of(call, project), default_dsn=default_dsn_of(call, project),
            )  # fmt: skip


def dsn_of(call: Call, project: Project) -> Dsn | None:
    """The URL an engine is made for, if it is written in code."""
    given = call.argument(0, "url")
    return None if given is None else _dsn(followed(project, given), project)


def default_dsn_of(call: Call, project: Project) -> Dsn | None:
    """The URL an engine is made for if nobody sets another: `create_engine(str(settings.url))`."""
    given = call.argument(0, "url")
    node = None if given is None else followed(project, given)
    if isinstance(node, Call) and node.func.text == "str" and len(node.args) == 1:
        node = node.args[0]
    default = None if node is None else setting_default(project, node)
    return None if default is None else _dsn(default, project)


def _dsn(node: Node, project: Project) -> Dsn | None:
    if isinstance(node, Call) and node.method == "make_url" and node.args:
        return _dsn(followed(project, node.args[0]), project)
    if isinstance(node, Call) and node.func.text.endswith("URL.create"):
        return _created(node, project)
    text = filled_text_of(project, node)
    return None if text is None else parse_dsn(text)


def _created(call: Call, project: Project) -> Dsn | None:
    """`URL.create(drivername, username, password, host, port, database)`."""

    def part(index: int, name: str) -> str:
        given = call.argument(index, name)
        if given is None:
            return ""
        node = followed(project, given)
        return text_of(node) or (node.text if node.text.isdigit() else HOLE)

    dialect, _, driver = part(0, "drivername").partition("+")
    host, port = part(3, "host"), part(4, "port")
    if not dialect or HOLE in dialect:
        return None
    user, password = part(1, "username"), part(2, "password")
    query = HOLE if call.keyword("query") is not None else ""
    return Dsn(
        dialect=dialect, driver=driver, user=user, password=password, host=host, port=port,
        database=part(5, "database"), query=query,
    )  # fmt: skip
