"""Whether a relationship of a loaded object is surely not there yet; quiet as soon as anything may have loaded it."""

from __future__ import annotations

import re

from forge_doctor.code.orm.mapped_attributes import is_collection
from forge_doctor.code.orm.statements import Sql
from forge_doctor.code.semantics.inference.models import Relationship
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, FunctionDef, Node
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.objects.loaded import Loaded
from forge_doctor.lint.dataflow.sessions.transactions import opened_by
from forge_doctor.regex import regex

# Loader options that load nothing but what they name.
LOADERS = frozenset(
    """selectinload joinedload subqueryload immediateload contains_eager load_only defer undefer noload raiseload
    lazyload defaultload with_loader_criteria""".split()  # noqa: SIM905 - a table, read as text
)
MAY_LOAD = regex(rb"\brun_sync\b|\bawaitable_attrs\b|\binspect\s*\(|\bunloaded\b|MissingGreenlet")


def is_unloaded(held: Loaded, relationship: Relationship, read: Node) -> bool:
    """Whether neither the query nor anything else in its function names the relationship."""
    name = relationship.name
    if not held.sql.understood or not all(_is_plain(call, name) for call in _options(held.sql)):
        return False
    if re.search(rf"\b{re.escape(name)}\b", held.sql.text) is not None:
        return False
    functions = {one for one in (held.call.function, read.function) if one is not None}
    return all(_says_nothing_of(one, name, read) for one in functions)


def _options(sql: Sql) -> list[Call]:
    return [
        call
        for part in sql.parts
        for call in (part, *part.find(Call))
        if isinstance(call, Call) and call.method == "options"
    ]


def _is_plain(options: Call, name: str) -> bool:
    """Whether every option is a loader we know, that does not name the relationship or everything."""
    return all(
        isinstance(one, Call) and _root(one) in LOADERS and "*" not in one.text and name not in one.text
        for one in options.args
    )


def _root(call: Call) -> str:
    receiver = call.receiver
    return _root(receiver) if isinstance(receiver, Call) else call.method


def _says_nothing_of(function: FunctionDef, name: str, read: Node) -> bool:
    """Whether a function loads the relationship in no other way: by another query, a refresh, an assignment."""
    data = function.file.data[function.start : function.end]
    if MAY_LOAD.search(data) is not None:
        return False
    word = re.escape(name).encode()
    # A key of a dict to be returned loads nothing: only names handed over, as to refresh(), do.
    named = rb"[\"']" + word + rb"[\"'](?!\s*:)|\b[A-Z]\w*\." + word + rb"\b|\." + word + rb"\s*(?::[^=\n]+)?=[^=]"
    return re.search(named, data) is None and read is not None


def confidence_of(project: Project, held: Loaded, relationship: Relationship) -> Confidence:
    """HIGH for a collection, and for one object whose session is opened in the same function with nothing else
    in it that may hold it; a single object may be in the session already, and is then found by its key."""
    if held.hops or project.known(held.session).confidence < Confidence.HIGH:
        return Confidence.MEDIUM
    if is_collection(relationship) or opened_by(held.session) is not None:
        return Confidence.HIGH
    return Confidence.MEDIUM
