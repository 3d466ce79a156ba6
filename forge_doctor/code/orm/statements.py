"""Which SQL statement an expression builds, and from which parts; follows names no further than their function."""

from __future__ import annotations

import re
from typing import NamedTuple

from forge_doctor.code.semantics.library.kinds import words
from forge_doctor.code.semantics.library.symbols import LIBRARIES
from forge_doctor.code.semantics.names.bindings import How
from forge_doctor.code.semantics.names.scopes import reaching
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Call, Keyword, Name, NamedExpr, Node, Starred, Str
from forge_doctor.regex import regex

VERBS = words("select insert update delete")
WRITES = words("insert update delete merge")
# Methods of a statement that give the statement with more to it, and change neither what it loads nor how.
REFINING = words(
    """where filter filter_by order_by limit offset join outerjoin join_from outerjoin_from distinct group_by having
    with_for_update execution_options select_from options values returning on_conflict_do_nothing
    on_conflict_do_update prefix_with with_hint"""
)
MAX_DEPTH = 8
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


def sql_of(project: Project, node: Node | None, depth: int = 0) -> Sql:
    """The statement an expression builds."""
    if node is None or depth > MAX_DEPTH:
        return UNKNOWN_SQL
    understood, place = True, node
    while isinstance(place, Call):
        if _starts(project, place):
            return Sql(verb=_verb(place), entities=place.args, parts=(node,), understood=understood and _plain(place))
        if place.receiver is None:
            return _raw(place, node)
        understood = understood and place.method in REFINING and not _spread(place)
        place = place.receiver
    if isinstance(place, Name):
        found = _named(project, place, depth)
        return found._replace(parts=(node, *found.parts), understood=understood and found.understood)
    return UNKNOWN_SQL._replace(parts=(node,))


def _starts(project: Project, call: Call) -> bool:
    if call.method not in VERBS:
        return False
    return project.qualified(call.func).partition(".")[0] in LIBRARIES


def _verb(call: Call) -> str:
    return call.method


def _plain(call: Call) -> bool:
    return not _spread(call) and not any(isinstance(one, Starred) for one in call.args)


def _spread(call: Call) -> bool:
    return any(isinstance(one, Keyword) and not one.name for one in call.keywords)


def _raw(call: Call, node: Node) -> Sql:
    """`text("UPDATE ...")`."""
    if call.method == "text" and call.args and isinstance(call.args[0], Str):
        match = RAW.match(call.args[0].value)
        if match is not None:
            return Sql(verb=match.group(1).lower(), parts=(node,))
    return UNKNOWN_SQL._replace(parts=(node,))


def _named(project: Project, name: Name, depth: int) -> Sql:
    scopes = project.scopes(name.file)
    found = scopes.lookup(name.id, name)
    if found is None or found[0] is not scopes.of(name):
        return UNKNOWN_SQL
    sqls: list[Sql] = []
    for binding in reaching(found[1], name):
        node = binding.node
        if binding.how is not How.ASSIGN or binding.path or not isinstance(node, Assign | NamedExpr):
            return UNKNOWN_SQL
        sqls.append(sql_of(project, node.value, depth + 1))
    return _merged(sqls)


def _merged(sqls: list[Sql]) -> Sql:
    """One of several ways a statement may have been built: known where they agree on what it loads."""
    parts = tuple(dict.fromkeys(part for one in sqls for part in one.parts))
    same = {(one.verb, tuple(entity.text for entity in one.entities)) for one in sqls}
    if len(same) != 1:
        return Sql(parts=parts)
    understood = all(one.understood for one in sqls)
    return Sql(verb=sqls[0].verb, entities=sqls[0].entities, parts=parts, understood=understood)
