"""Which SQL statement an expression builds, and from which parts; follows names no further than their function."""

from __future__ import annotations

import re
from typing import NamedTuple

from forge_doctor.code.semantics.library.kinds import words
from forge_doctor.code.semantics.library.symbols import LIBRARIES
from forge_doctor.code.semantics.names.reaching import Passed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.kept_with_file import kept_with_file
from forge_doctor.code.syntax.nodes import Assign, Call, Keyword, Name, NamedExpr, Node, Starred, Str
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.regex import regex

VERBS = words("select insert update delete")
WRITES = words("insert update delete merge")
# Methods of a statement that give the statement with more to it, and change neither what it loads nor how.
REFINING = words(
    """where filter filter_by order_by limit offset join outerjoin join_from outerjoin_from distinct group_by having
    with_for_update execution_options select_from options values returning on_conflict_do_nothing
    on_conflict_do_update prefix_with with_hint"""
)
MOST_PARTS = 64  # more of them make no statement anybody could read
IMPORTED_AS = regex(rb"\b(select|insert|update|delete)[ \t]+as[ \t]+(\w+)")
RAW = regex(r"\s*(?:WITH\b.*?\)\s*)?(SELECT|INSERT|UPDATE|DELETE)\b", re.IGNORECASE | re.DOTALL)


class Sql(NamedTuple):
    """A statement: its verb (empty where unknown), what `select` was given, every expression that builds it.

    `understood` says that nothing from elsewhere took part.
    """

    verb: str = ""
    entities: tuple[Node, ...] = ()
    parts: tuple[Node, ...] = ()
    understood: bool = False

    @property
    def text(self) -> str:
        """The source of all parts."""
        return "\n".join(one.text for one in self.parts)

    @property
    def is_write(self) -> bool:
        """Whether it changes rows."""
        return self.verb in WRITES


UNKNOWN_SQL = Sql()


def sql_of(project: Project, node: Node | None) -> Sql:
    """The statement an expression builds, answered once for each expression."""
    if node is None:
        return UNKNOWN_SQL
    known: dict[Node, Sql] = node.file.kept.setdefault(sql_of, {})
    found = known.get(node)
    if found is None:
        found = known[node] = _followed(project, node)
    return found


def _followed(project: Project, node: Node) -> Sql:
    """Through every name it may come by, each expression looked at once: known where all ways agree on what is loaded."""
    begun: list[Sql] = []
    parts: dict[Node, None] = {}
    understood = True
    waiting, passed = [node], Passed()
    while waiting and len(parts) < MOST_PARTS:
        part = waiting.pop()
        if part in parts:
            continue
        parts[part] = None
        place, refines_only = _innermost(project, part)
        understood = understood and refines_only
        values = _values(project, place, passed) if isinstance(place, Name) else None
        if values is None:
            begun.append(_begun(project, place))
        else:
            waiting.extend(reversed(values))
    return _merged(begun, tuple(parts), understood) if not waiting else Sql(parts=tuple(parts))


def _innermost(project: Project, node: Node) -> tuple[Node, bool]:
    """What a chain of calls begins with, and whether the others only refine it."""
    refines_only, place = True, node
    while isinstance(place, Call) and not _verb(project, place) and place.receiver is not None:
        refines_only = refines_only and place.method in REFINING and not _spread(place)
        place = place.receiver
    return place, refines_only


def _begun(project: Project, place: Node) -> Sql:
    """The statement a first call makes."""
    if not isinstance(place, Call):
        return UNKNOWN_SQL
    if verb := _verb(project, place):
        return Sql(verb=verb, entities=place.args, understood=_plain(place))
    return _raw(place)


def _verb(project: Project, call: Call) -> str:
    """The statement that a call of SQLAlchemy's begins, by whatever name it is imported; empty for any other call."""
    verb = call.method if call.method in VERBS else _imported_as(call.file).get(call.func.text, "")
    return verb if verb and project.qualified(call.func).partition(".")[0] in LIBRARIES else ""


@kept_with_file
def _imported_as(file: SourceFile) -> dict[str, str]:
    """Which of them has another name in a file: `from sqlalchemy import select as sa_select`."""
    if not file.mentions(b" as "):
        return {}
    return {one[2].decode(): one[1].decode() for one in IMPORTED_AS.finditer(file.data)}


def _plain(call: Call) -> bool:
    return not _spread(call) and not any(isinstance(one, Starred) for one in call.args)


def _spread(call: Call) -> bool:
    return any(isinstance(one, Keyword) and not one.name for one in call.keywords)


def _raw(call: Call) -> Sql:
    """`text("UPDATE ...")`."""
    if call.method == "text" and call.args and isinstance(call.args[0], Str):
        match = RAW.match(call.args[0].value)
        if match is not None:
            return Sql(verb=match.group(1).lower())
    return UNKNOWN_SQL


def _values(project: Project, name: Name, passed: Passed) -> list[Node] | None:
    """What a name may have been given in its function and nobody has looked at; None where it may hold anything else."""
    scopes = project.scopes(name.file)
    found = scopes.lookup(name.id, name)
    if found is None or found[0] is not scopes.of(name) or not found[1].are_assigned(name):
        return None
    nodes = (binding.node for binding in passed.fresh(found[1], name))
    return [node.value for node in nodes if isinstance(node, Assign | NamedExpr) and node.value is not None]


def _merged(begun: list[Sql], parts: tuple[Node, ...], understood: bool) -> Sql:
    """One of several ways a statement may have been built: known where they agree on what it loads."""
    same = {(one.verb, tuple(entity.text for entity in one.entities)) for one in begun}
    if len(same) != 1:
        return Sql(parts=parts)
    understood = understood and all(one.understood for one in begun)
    return Sql(verb=begun[0].verb, entities=begun[0].entities, parts=parts, understood=understood)
