"""Columns that are surely not loaded: `deferred` in the model, `defer()` and `load_only()` in the query; quiet as soon as
anything else may have loaded them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.orm.mapped_attributes import column
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_files
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, FunctionDef, Keyword, Node, Sequence
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.objects.loaded_objects import Loaded
from forge_doctor.lint.dataflow.objects.unloaded_relationships import LOADERS, MAY_LOAD, options_of, root_of
from forge_doctor.lint.dataflow.sessions.transactions import opened_by

DEFERRING = WordsThen(
    rb"\bdeferred\s{0,9}(?:\(|=\s{0,9}True)|\bload_only\(|\bdefer\(", b"deferred", b"load_only(", b"defer("
)


class LeftOut(NamedTuple):
    """A column that is not there: what left it out, in words, and what would load it."""

    declared: Assign
    by: str
    remedy: str
    confidence: Confidence


@kept_for_the_run
def names_left_out(project: Project) -> frozenset[str]:
    """The names of columns that some model or query of the project may leave out."""
    names: set[str] = set()
    for path in marked_files(project, Mark.LEFT_OUT):
        data = project.reading.bytes_of(path) or b""
        file = project.open_for_all(path) if DEFERRING.search(data) is not None else None
        if file is not None:
            names.update(_left_out_in(file, project))
    return frozenset(names)


def _left_out_in(file: SourceFile, project: Project) -> Iterator[str]:
    if file.mentions(b"deferred"):
        for class_ in project.scopes(file).classes:
            yield from (one.target.text for one in class_.body if isinstance(one, Assign) and is_deferred(one))
    for call in file.calls("defer", "load_only"):
        listed = [one for one in call.args if isinstance(one, Attribute)]
        if not listed or not _is_of_query(call):
            continue
        if call.method == "defer":
            yield from (one.attr for one in listed)
        elif len(listed) == len(call.args):
            model = project.model_of(listed[0].value)
            rest = set(() if model is None else model.columns) - {one.attr for one in listed}
            yield from (name for name in rest if model is not None and _of_column(project, model, name) is not None)


def _of_column(project: Project, model: Model, name: str) -> Assign | None:
    """What declares a column that a query can leave out: a primary key is loaded whatever it says."""
    declared = column(project, model, name)
    return None if declared is None or "primary_key" in declared.text else declared


def _is_of_query(option: Call) -> bool:
    """Whether it is an option for the query's own objects: behind another loader it is for those of a relationship."""
    given = option.parent.parent if isinstance(option.parent, Sequence) else option.parent
    return not isinstance(option.receiver, Call) and (
        (isinstance(given, Call) and given.method == "options")
        or (isinstance(given, Keyword) and given.name == "options")
    )


def is_deferred(assign: Assign) -> bool:
    """Whether a column is declared so that only reading it loads it."""
    made = assign.value
    if not isinstance(made, Call):
        return False
    said = made.keyword("deferred")
    return made.method == "deferred" or (said is not None and said.text == "True")


def left_out(project: Project, held: Loaded, name: str, read: Node) -> LeftOut | None:
    """What says that a column of a loaded object is not there where it is read."""
    declared = _of_column(project, held.model, name) if not (held.is_made or held.path) else None
    if declared is None or not held.sql.understood:
        return None
    loaders = list(options_of(held.sql))
    if not all(isinstance(one, Call) and root_of(one) in LOADERS and "*" not in one.text for one in loaders):
        return None
    own = [one for one in loaders if isinstance(one, Call) and not isinstance(one.receiver, Call)]
    by = _said_by(own, held.model, name, declared)
    if not by or any(_may_load(held, name, one) for one in {held.call.function, read.function} if one is not None):
        return None
    written = f"{held.model.class_.name}.{name}"
    remedy = (
        f"add `{written}` to `load_only()`" if by == "load_only()" else f".options(undefer({written}))  # in the query"
    )
    return LeftOut(declared, by, remedy, _confidence(project, held, by))


def _said_by(options: list[Call], model: Model, name: str, declared: Assign) -> str:
    """What leaves it out; empty where an option loads it, or none leaves it out."""
    named = [one.method for one in options for given in one.args if isinstance(given, Attribute) and given.attr == name]
    if "undefer" in named or any(one.method == "undefer_group" for one in options) or "load_only" in named:
        return ""
    only = [one for one in options if one.method == "load_only" and one.args]
    if any(not isinstance(given, Attribute) for one in only for given in one.args):
        return ""
    if any(isinstance(one.args[0], Attribute) and one.args[0].value.text == model.class_.name for one in only):
        return "load_only()"
    if "defer" in named:
        return "defer()"
    return "the model (`deferred`)" if is_deferred(declared) else ""


def _may_load(held: Loaded, name: str, function: FunctionDef) -> bool:
    """Whether a function may load the column in another way: a refresh, an assignment, another query of the model."""
    data = function.file.data[function.start : function.end]
    for part in held.sql.parts:
        if part.file is function.file and function.start <= part.start and part.end <= function.end:
            low, high = part.start - function.start, part.end - function.start
            data = data[:low] + b" " * (high - low) + data[high:]
    word, model = re.escape(name).encode(), re.escape(held.model.class_.name).encode()
    otherwise = (
        rb"\.refresh\(|[\"']"
        + word
        + rb"[\"'](?!\s*:)|\."
        + word
        + rb"\s*(?::[^=\n]+)?=[^=]|\(\s*"
        + model
        + rb"\s*[,)]"
    )
    return MAY_LOAD.search(data) is not None or re.search(otherwise, data) is not None


def _confidence(project: Project, held: Loaded, by: str) -> Confidence:
    """HIGH where the session has nothing else that may hold the object whole."""
    if held.hops or project.known(held.session).confidence < Confidence.HIGH:
        return Confidence.MEDIUM
    alone = opened_by(held.session) is not None
    return Confidence.HIGH if alone or by.startswith("the model") else Confidence.MEDIUM
