"""Where env.py starts an event loop on the way of `alembic upgrade`, and what it asks before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, If, IfExp, Node, Return, Try
from forge_doctor.migrations.environment.env_script import EnvScript, statements_around
from forge_doctor.migrations.environment.online import OFFLINE, Step

RUNNERS = frozenset({"asyncio.run", "anyio.run"})


class LoopStart(NamedTuple):
    """One `asyncio.run()`: whether a condition other than the offline mode stands before it, and whether that asks for what the
    caller left in `config.attributes`."""

    call: Call
    is_guarded: bool
    asks_attributes: bool


def loop_starts(script: EnvScript) -> Iterator[LoopStart]:
    """Those on the way, in order."""
    for step in script.online.steps:
        if script.project.qualified(step.call.func) in RUNNERS or step.call.method == "run_until_complete":
            tests = [*_tests(script.project, step)]
            nested = script.mentions(b"nest_asyncio", b"get_running_loop", b"uvloop.run")
            asks = any("attributes" in one for one in tests)
            yield LoopStart(step.call, bool(tests) or nested, asks and not nested)


def _tests(project: Project, step: Step) -> Iterator[str]:
    """The conditions on the way, as text, through names bound once; those that ask for the offline mode left out."""
    for node in statements_around(step):
        if isinstance(node, If | IfExp):
            test = _told(project, node.test)
            if OFFLINE not in test:
                yield test
        elif isinstance(node, Try):
            yield "try"
    for call in step.places:
        yield from _earlier_returns(project, call)


def _earlier_returns(project: Project, call: Call) -> Iterator[str]:
    """Conditions under which the function has ended before."""
    function = call.function
    if function is not None:
        for one in function.find(Return, nested=False):
            test = one.enclosing(If)
            if one.start < call.start and test is not None and function.contains(test):
                yield _told(project, test.test)


def _told(project: Project, test: Node) -> str:
    """The text of a test with that of what its names stand for."""
    inner = (followed(project, one).text for one in (test, *test.children))
    return " ".join((test.text, *inner))
