"""Sessions that are made in a function, used there, and closed by nobody; says what to write instead."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

from forge_doctor.check import Check
from forge_doctor.code.semantics.entry_points import is_dependency
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, FunctionDef, IfExp, Keyword, NamedExpr, Node, With
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Evidence, Finding
from forge_doctor.lint.dataflow.sessions.creation import Made, sessions_made
from forge_doctor.lint.dataflow.sessions.lifetimes import lifetime_of
from forge_doctor.lint.dataflow.sessions.ownership import Lifetime
from forge_doctor.lint.dataflow.uses import at_place


class Leak(NamedTuple):
    """A session nobody closes, the function it is made in, and what was seen of it."""

    made: Made
    function: FunctionDef
    life: Lifetime

    @property
    def confidence(self) -> Confidence:
        """How sure it is; a session used only inside its own `begin()` blocks gives its connection back."""
        within = all(is_within_begin(one) or _gives_back(one) for one in self.life.connects)
        return min(self.made.confidence, self.life.confidence, Confidence.LOW if within else Confidence.HIGH)


def leaks_in(file: SourceFile, project: Project) -> tuple[Leak, ...]:
    """Every leak of a file, found once for the rules that ask."""
    leaks: tuple[Leak, ...] | None = file.kept.get(leaks_in)
    if leaks is None:
        leaks = file.kept[leaks_in] = tuple(_leaks_in(file, project))
    return leaks


def _leaks_in(file: SourceFile, project: Project) -> Iterator[Leak]:
    for made in sessions_made(file, project):
        function = made.function
        if function is None or _is_unbound(project, made) or _is_bound_to_connection(project, made):
            continue
        life = lifetime_of(project, made.node)
        if life.closes or life.is_kept or (not life.connects and not life.yields):
            continue
        if life.yields and is_dependency(project, function):
            continue  # dependency-without-cleanup
        yield Leak(made=made, function=function, life=life)


def _gives_back(node: Node) -> bool:
    """`begin` and `commit` leave no connection checked out when they succeed."""
    return isinstance(node, Attribute) and node.attr in ("begin", "begin_nested", "commit")


def _is_bound_to_connection(project: Project, made: Made) -> bool:
    """Whether the session was given a connection, which its owner closes."""
    bind = made.call.argument(0, "bind")
    if bind is None:
        return False
    kind = project.known(bind).kind
    return kind is Kind.ASYNC_CONNECTION or (
        kind is not Kind.ASYNC_ENGINE and re.search(r"conn", bind.text) is not None
    )


def _is_unbound(project: Project, made: Made) -> bool:
    """Whether the session was given nothing to connect with, as in tests that only pass it on."""
    call, class_ = made.call, project.value_of(made.call.func)
    binding = {one.name if isinstance(one, Keyword) else "" for one in call.keywords} & {
        "", "bind", "binds", "sync_session_class",
    }  # fmt: skip
    return class_.kind is Kind.CLASS and class_.inner.definition is None and not call.args and not binding


def bound_name(made: Made) -> str:
    """The name a session is bound to, `session` where it has none."""
    _, place = at_place(made.node)
    around = place if isinstance(place, NamedExpr) else place.parent
    if isinstance(around, Assign | NamedExpr):
        return around.target.text
    return "session"


def leak_finding(rule: Check[Any], leak: Leak, starter: str = "") -> Finding:
    """The finding, at the call that makes the session."""
    made, name = leak.made, bound_name(leak.made)
    who = f"{leak.function.qualname}(), run by {starter}," if starter else f"{leak.function.qualname}()"
    evidence = [Evidence(label="made by", value=made.call.text, source=made.why)]
    if leak.life.strangers:
        strangers = ", ".join(leak.life.strangers)
        evidence.append(Evidence(label="also given to", value=strangers, source="not in sight"))
    return made.node.file.finding(
        rule,
        made.call,
        f"{who} makes a session and nobody closes it: its connection stays out of the pool until the garbage "
        "collector finds the session",
        confidence=leak.confidence,
        remedy=textwrap.dedent(f"async with {made.call.text} as {name}:\n    ..."),
        evidence=tuple(evidence),
    )


def is_within_begin(node: Node, session: str = "") -> bool:
    """Whether a use stands in `async with session.begin():` (of that session, where one is named), which gives the
    connection back."""
    for around in node.ancestors:
        if isinstance(around, FunctionDef):
            return False
        if isinstance(around, With) and any(_begins(one.value, session) for one in around.items):
            return True
    return False


def _begins(node: Node, session: str) -> bool:
    if isinstance(node, IfExp):  # `session.begin_nested() if session.in_transaction() else session.begin()`
        branches = (node.body, node.orelse)
        nested = [isinstance(one, Call) and one.method == "begin_nested" for one in branches]
        return not all(nested) and all(
            is_nested or _begins(one, session) for one, is_nested in zip(branches, nested, strict=True)
        )
    if not isinstance(node, Call) or node.method != "begin":
        return False
    return not session or (node.is_on(session))
