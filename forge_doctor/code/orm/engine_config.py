"""What `engine_from_config(configuration, prefix)` is given: a dict written in code, the fields of a settings class, a
section of an .ini file, the environment; reads that file alone, and runs nothing."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from forge_doctor.code.semantics.literals import HOLE, dict_entries, field_default, followed, settings_class, text_of
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, Name, Node, Subscript

# SQLAlchemy 2.0 and 2.1: what the prefix is where none is given.
PREFIX = "sqlalchemy."
URL_OPTION = "sqlalchemy.url"  # of Alembic's configuration
# pydantic's, dataclasses' and any object's ways of giving its fields as a dict.
DUMPS = ("model_dump", "dict", "_asdict")
TAKING = ("asdict", "vars", "dict")
SECTIONS = ("get_section", "items")
MOST_BYTES = 1 << 20


class Field(NamedTuple):
    """A field of a settings class: what sets it from outside, and what it is where nothing does."""

    name: str
    default: Node | None


class EngineConfig(NamedTuple):
    """The settings by their names without the prefix; `is_open` where more than these may be given."""

    entries: Mapping[str, Node | Field | str] = {}
    is_open: bool = False
    # The variables of the process are the configuration: those whose names begin so.
    environment_prefix: str | None = None


def engine_config(call: Call, project: Project) -> EngineConfig:
    """What the call's first argument gives."""
    configuration, given = call.argument(0, "configuration"), call.argument(1, "prefix")
    prefix = PREFIX if given is None else text_of(followed(project, given))
    if configuration is None or prefix is None:
        return EngineConfig(is_open=True)
    node = _undressed(project, configuration)
    if node.text == "os.environ":
        return EngineConfig(environment_prefix=prefix)
    entries: Mapping[str, Node | Field | str] | None = _section(project, node)
    if entries is None and (given_url := _main_option(configuration, node)) is not None:
        return EngineConfig({"url": given_url}, is_open=True)
    if entries is None:
        entries = _fields(project, node)
    if entries is None and not _is_changed(configuration):
        entries = dict_entries(project, node)
    if entries is None:
        return EngineConfig(is_open=True)
    return EngineConfig({name[len(prefix) :]: one for name, one in entries.items() if name.startswith(prefix)})


def _undressed(project: Project, node: Node) -> Node:
    """Behind names bound once and `dict(...)` round one value."""
    node = followed(project, node)
    if isinstance(node, Call) and node.func.text == "dict" and len(node.args) == 1 and not node.keywords:
        return followed(project, node.args[0])
    return node


def _is_changed(node: Node) -> bool:
    """Whether the file puts something else into the dict of this name."""
    changed = rb"\b%s *(\[[^\]\n]*\] *=[^=]|\|=|\. *(update|setdefault|pop|clear)\b)" % re.escape(node.text.encode())
    return isinstance(node, Name) and re.search(changed, node.file.data) is not None


def _fields(project: Project, node: Node) -> Mapping[str, Field] | None:
    """Those of the settings object that `settings.model_dump()`, `asdict(settings)`, `settings.__dict__` gives."""
    owner = _owner(node)
    class_ = None if owner is None else settings_class(project, owner)
    if class_ is None:
        return None
    names = [target.text for one in class_.find(Assign, nested=False) for target in one.targets]
    return {name: Field(name, field_default(project, class_, name)) for name in names if name.isidentifier()}


def _owner(node: Node) -> Node | None:
    if isinstance(node, Attribute) and node.attr == "__dict__":
        return node.value
    if isinstance(node, Call) and node.method in DUMPS and node.receiver is not None and not node.args:
        return node.receiver
    if isinstance(node, Call) and node.func.text.rpartition(".")[2] in TAKING and len(node.args) == 1:
        return node.args[0]
    return None


def _section(project: Project, node: Node) -> Mapping[str, str] | None:
    """What the file a ConfigParser read says in the section that is asked for."""
    parser, asked = _asked_section(node)
    section = None if asked is None else text_of(followed(project, asked))
    made = None if parser is None else followed(project, parser)
    if section is None or not isinstance(made, Call) or not made.func.text.endswith("ConfigParser"):
        return None
    for name in _names_read(node, parser):
        for folder in (node.file.absolute.parent, *node.file.absolute.parent.parents):
            data = project.reading.read_for(node.file.absolute, folder / name)
            if data:
                return _parsed(data, section)
            if folder == project.root:
                break
    return None


def _main_option(configuration: Node, node: Node) -> Node | None:
    """What Alembic's `config.set_main_option("sqlalchemy.url", ...)` puts into the section that is asked for, where the
    file does so once and changes the section no more."""
    config, _ = _asked_section(node)
    if config is None or not node.file.mentions(b"set_main_option") or _is_changed(configuration):
        return None
    options = [one for one in node.file.calls("set_main_option") if one.args and text_of(one.args[0]) == URL_OPTION]
    if len(options) != 1 or options[0].receiver is None or options[0].receiver.text != config.text:
        return None
    return options[0].argument(1, "value")


def _asked_section(node: Node) -> tuple[Node | None, Node | None]:
    if isinstance(node, Subscript) and len(node.items) == 1:
        return node.value, node.items[0]
    if isinstance(node, Call) and node.method in SECTIONS and node.args:
        return node.receiver, node.args[0]
    return None, None


def _names_read(node: Node, parser: Node | None) -> Iterator[str]:
    """The files that `parser.read(...)` is given, where their names end its argument: `read(here / "shop.ini")`."""
    for call in node.file.calls("read"):
        if call.args and parser is not None and call.is_on(parser.text):
            yield from re.findall(r"""["']([\w./-]{1,200}\.(?:ini|cfg|conf))["']""", call.args[0].text)[-1:]


def _parsed(data: bytes, section: str) -> Mapping[str, str] | None:
    """The section with the file's defaults; what `%(here)s` stands for is not filled in."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(data[:MOST_BYTES].decode("utf-8", "replace"))
        return {name: HOLE if "%(" in value else value for name, value in parser.items(section)}
    except configparser.Error:
        return None
