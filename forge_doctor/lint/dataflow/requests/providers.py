"""Whether a dependency that gives a route its session may commit what the route wrote; looks at no route's body."""

from __future__ import annotations

import re

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import FunctionDef, Node, Param, Yield
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.objects.autocommit import is_autocommit
from forge_doctor.lint.dataflow.objects.expiry import maker_of, provider_of
from forge_doctor.lint.dataflow.response_models import route_decorator
from forge_doctor.regex import regex

COMMITS = regex(rb"commit|\.begin\b|AUTOCOMMIT|autocommit|UnitOfWork|unit_of_work", re.IGNORECASE)


def commits(function: FunctionDef) -> bool:
    """Whether a function's text says anything of commits or transactions."""
    return COMMITS.search(function.file.data[function.start : function.end]) is not None


def provider_without_commit(project: Project, function: FunctionDef, param: Param) -> tuple[Node, Confidence] | None:
    """The dependency that gives a route its session, and surely commits nothing, whatever the route does with it."""
    decorator = route_decorator(project, function.body[0]) if function.body else None
    if decorator is None or decorator.keyword("dependencies") is not None:
        return None
    provider = provider_of(project, param)
    if provider is None or not lends_without_commit(project, provider):
        return None
    if others_may_commit(project, function, param) or b"dependencies=" in function.file.data:
        return None
    return param, Confidence.MEDIUM


def lends_without_commit(project: Project, provider: FunctionDef) -> bool:
    """Whether a dependency yields a session that it does not commit, and nothing beside what makes it may."""
    given = [one.value for one in provider.find(Yield, nested=False) if one.value]
    maker = maker_of(project, given[0]) if given and not commits(provider) else None
    if maker is None or is_autocommit(project, maker, Kind.ASYNC_SESSION):
        return False
    return not COMMITS.search(maker.file.data.replace(b"expire_on_commit", b"").replace(b"autocommit=False", b""))


def others_may_commit(project: Project, function: FunctionDef, session: Param) -> bool:
    """Whether another dependency of the route may commit, or is not in sight."""
    for one in function.params:
        if not isinstance(one, Param) or one is session or "Depends" not in one.text:
            continue
        provider = provider_of(project, one)
        if provider is None or commits(provider):
            return True
    return False
