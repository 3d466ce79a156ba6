"""Calls that make an engine: its URL, its pool class and its settings, as far as they are written in code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.orm.dsn import Dsn, parse_dsn
from forge_doctor.code.orm.engine_config import EngineConfig, Field, engine_config
from forge_doctor.code.semantics.literals import HOLE, dict_entries, filled_text_of, followed, setting_default, text_of
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.kept_with_file import kept_with_file
from forge_doctor.code.syntax.nodes import Attribute, Call, Dict, Name, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.regex import regex

# SQLAlchemy 2.0 and 2.1: the first two take a URL, the others a configuration that holds it among the settings.
FROM_URL = ("create_async_engine", "create_engine")
FROM_CONFIG = ("async_engine_from_config", "engine_from_config")
MAKERS = (*FROM_URL, *FROM_CONFIG)
RENAMED = regex(rb"\b(?:create_async_engine|create_engine|(?:async_)?engine_from_config)[ \t]+as[ \t]+(\w{1,80})")
LIBRARIES = ("sqlalchemy", "sqlmodel")


class EngineCall(NamedTuple):
    """A call of one of `MAKERS`; `dsn` is None where the URL is not written in code.

    `default_dsn` is what the settings class says where nothing is set from outside, `config` what a configuration
    gives beside the keywords, which go before it.
    """

    call: Call
    project: Project
    is_async: bool
    dsn: Dsn | None
    default_dsn: Dsn | None = None
    config: EngineConfig = EngineConfig()

    @property
    def maker(self) -> str:
        """The function's name, whatever its import calls it."""
        return self.project.qualified(self.call.func).rpartition(".")[2]

    @property
    def place(self) -> str:
        """Where it is made: `shop/db.py:12`."""
        return f"{self.call.file.path}:{self.call.line}"

    @property
    def url(self) -> Node | Field | str | None:
        """What the URL is given as: an expression, a field of the settings, or the text of a configuration file."""
        return self.config.entries.get("url") if self.is_configured else self.call.argument(0, "url")

    @property
    def url_place(self) -> Node:
        """Where findings about the URL belong."""
        url = self.url
        return url if isinstance(url, Node) and url.file is self.call.file else self.call

    @property
    def is_configured(self) -> bool:
        """Whether the first argument is a configuration."""
        return self.maker in FROM_CONFIG

    @property
    def has_spread(self) -> bool:
        """Whether `**settings`, or a configuration from outside the code, may bring in more than is seen."""
        config = self.config
        from_outside = config.is_open or config.environment_prefix is not None
        return (
            from_outside
            or any(not one.name and spread_entries(self.project, one.value) is None for one in self.call.keywords)
            or any(not isinstance(one, Node) for one in config.entries.values())
        )

    @property
    def is_custom(self) -> bool:
        """Whether the pool or the connections are made by the caller's own code."""
        return any(name in ("pool", "creator", "async_creator") for name in self.given())

    def given(self) -> dict[str, Node | Field | str]:
        """What each setting is given."""
        written: dict[str, Node] = {}
        for one in self.call.keywords:
            written.update({one.name: one.value} if one.name else spread_entries(self.project, one.value) or {})
        if not self.is_configured:
            return {**written}
        return {
            **self.config.entries,
            **{name: one for name, one in written.items() if name not in ("configuration", "prefix")},
        }

    def setting(self, name: str) -> Node | None:
        """What a setting is given, through names bound once."""
        value = self.given().get(name)
        return followed(self.project, value) if isinstance(value, Node) else None

    def keyword(self, name: str) -> Node | None:
        """The setting as written, as a place for findings; the call where it stands in another file."""
        keyword = next((one for one in self.call.keywords if one.name == name), None)
        entry = self.config.entries.get(name) or (self.given().get(name) if keyword is None else None)
        if keyword is not None or entry is None:
            return keyword
        return entry.parent if isinstance(entry, Node) and entry.file is self.call.file else self.call

    def wording(self, name: str) -> str:
        """The setting as written, to be named in prose."""
        place = self.keyword(name)
        return name if place is None or place is self.call else place.text

    def number(self, name: str) -> float | None:
        """The number a setting is given, which a configuration may give as text; None where it is none or not known."""
        node = self.setting(name)
        text = None if node is None else (text_of(node) if self.is_configured else None) or node.text
        try:
            return None if text is None else float(text)
        except ValueError:
            return None

    def default_number(self, name: str) -> float | None:
        """The number that the settings class gives it where nothing else is set."""
        node = self.setting(name)
        default = None if node is None else setting_default(self.project, node)
        try:
            return None if default is None else float(default.text)
        except ValueError:
            return None

    @property
    def pool_class(self) -> str:
        """The name of SQLAlchemy's pool class that `poolclass=` gives; empty where not certain."""
        given = self.given().get("poolclass")
        return self.pool_class_of(given) if isinstance(given, Node) else ""

    def pool_class_of(self, given: Node) -> str:
        """The same of what `poolclass` is given, wherever that stands."""
        node = followed(self.project, given)
        if not isinstance(node, Name | Attribute):
            return ""
        package, _, name = self.project.qualified(node).rpartition(".")
        return name if package.partition(".")[0] == LIBRARIES[0] else ""

    def connect_args(self) -> dict[str, Node] | None:
        """The entries of `connect_args`; None where they cannot be seen."""
        given = self.given().get("connect_args")
        if given is None:
            return {}
        return dict_entries(self.project, given) if isinstance(given, Node) else None


def spread_entries(project: Project, value: Node) -> dict[str, Node] | None:
    """What `**value` gives: a dict display, or a name for one that nothing in its file changes; None where not certain."""
    changed = rb"\b%s *(\[|\|=|\. *(update|setdefault|pop|clear)\b)" % re.escape(value.text.encode())
    if isinstance(value, Dict) or (isinstance(value, Name) and not re.search(changed, value.file.data)):
        return dict_entries(project, value)
    return None


def engine_calls(file: SourceFile, project: Project) -> Iterator[EngineCall]:
    """Every call of SQLAlchemy's or SQLModel's engine makers."""
    called = (engine_call(one, project) for one in file.calls(*MAKERS, *_other_names(file)))
    return (one for one in called if one is not None)


def engine_call(call: Call, project: Project) -> EngineCall | None:
    """What a call makes, where it is one of them."""
    package, _, name = project.qualified(call.func).rpartition(".")
    if name not in MAKERS or package.partition(".")[0] not in LIBRARIES:
        return None
    config = engine_config(call, project) if name in FROM_CONFIG else EngineConfig()
    engine = EngineCall(call=call, project=project, is_async="async" in name, dsn=None, config=config)
    return engine._replace(dsn=_dsn_of(engine), default_dsn=_default_dsn_of(engine))


@kept_with_file
def _other_names(file: SourceFile) -> tuple[str, ...]:
    """What the file's imports call them instead."""
    return tuple(sorted({one.decode() for one in RENAMED.findall(file.data)} - set(MAKERS)))


def _dsn_of(engine: EngineCall) -> Dsn | None:
    """The URL an engine is made for, if it is written in code."""
    given, project = engine.url, engine.project
    return _dsn(followed(project, given), project) if isinstance(given, Node) else None


def dsn_given(project: Project, given: Node) -> Dsn | None:
    """The URL that an expression gives: as it is written, or where neither settings nor environment have another."""
    node = followed(project, given)
    if isinstance(node, Call) and node.method in ("get", "getenv") and len(node.args) == 2:
        node = followed(project, node.args[1])
    default = setting_default(project, node)
    return _dsn(node if default is None else default, project)


def _default_dsn_of(engine: EngineCall) -> Dsn | None:
    """The URL an engine is made for if nobody sets another: `create_engine(str(settings.url))`."""
    given, project = engine.url, engine.project
    if isinstance(given, Field):
        return None if given.default is None else _dsn(given.default, project)
    if not isinstance(given, Node):
        return None if given is None else parse_dsn(given)
    node = followed(project, given)
    if isinstance(node, Call) and node.func.text == "str" and len(node.args) == 1:
        node = node.args[0]
    default = setting_default(project, node)
    return None if default is None else _dsn(default, project)


def _dsn(node: Node, project: Project) -> Dsn | None:
    if isinstance(node, Call) and node.method == "make_url" and node.args:
        return _dsn(followed(project, node.args[0]), project)
    if isinstance(node, Call) and node.func.text.endswith("URL.create"):
        return _created(node, project)
    text = filled_text_of(project, node)
    return None if text is None else parse_dsn(text)


def _query_of(call: Call, project: Project) -> str:
    """`sslmode=require` of `query={"sslmode": "require"}`; `HOLE` where the dict cannot be seen."""
    given = call.argument(6, "query")
    entries = {} if given is None else dict_entries(project, given)
    if entries is None:
        return HOLE
    return "&".join(f"{name}={text_of(followed(project, value)) or HOLE}" for name, value in entries.items())


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
    query = _query_of(call, project)
    return Dsn(
        dialect=dialect, driver=driver, user=user, password=password, host=host, port=port,
        database=part(5, "database"), query=query,
    )  # fmt: skip
