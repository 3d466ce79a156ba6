"""A pool is made when it is first asked for, and nothing keeps two from asking at once.

Why: between `if _pool is None:` and the assignment stands an `await`. Two requests that come before the pool is there both
see None, both make one, and the second takes the place of the first: that pool is closed by nobody, and its connections
(`min_size=10` by default) stay open at the server. Each worker may do so at each start under load.

Bad:

    import asyncpg

    _pool = None

    async def get_pool():
        global _pool
        if _pool is None:
            _pool = await asyncpg.create_pool("postgresql://localhost/shop")
        return _pool

Good:

    import asyncio
    import asyncpg

    _pool = None
    _lock = asyncio.Lock()

    async def get_pool():
        global _pool
        async with _lock:
            if _pool is None:
                _pool = await asyncpg.create_pool("postgresql://localhost/shop")
        return _pool

Wrong when: something makes the pool before anybody can ask twice. Files with a lifespan, a startup handler or a `__main__` are
looked through for the function's name; a lock anywhere in the function keeps this rule silent; a pool that an object keeps is
told with low confidence.

Source: hushh-labs/hushh-research#1647; https://magicstack.github.io/asyncpg/current/api/index.html (create_pool: min_size);
tried with asyncpg 0.32 and PostgreSQL 15: two calls at once left two pools open
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_contents
from forge_doctor.code.syntax.nodes import Assign, Attribute, Await, FunctionDef, If, Name, Return
from forge_doctor.code.syntax.prefilter import AnyCall
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.regex import regex

SUSPECT = AnyCall("create_pool")
MAKERS = ("asyncpg.create_pool", "asyncpg.pool.create_pool")
GUARDED = regex(rb"[lL]ock|[sS]emaphore|[eE]vent|once")
LINE_DOES = ("opens",)


@check(severity=Severity.WARNING)
def pool_made_twice(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the pools that async functions make where there is none yet."""
    for call in () if is_test_file(file) else file.calls("create_pool"):
        around = call.parent if isinstance(call.parent, Await) else None
        assign = None if around is None else around.parent
        function = call.function
        if function is None or not function.is_async or not isinstance(assign, Assign):
            continue
        if not isinstance(assign.target, Name | Attribute) or project.qualified(call.func) not in MAKERS:
            continue
        kept = assign.target.text
        if not is_asked_before(function, assign, kept) or not is_given_back(function, assign, kept):
            continue
        if GUARDED.search(file.data, function.start, function.end) is None and not is_run_first(project, function):
            yield file.finding(
                pool_made_twice,
                call,
                f"{function.name}() waits between asking for `{kept}` and setting it: two that call it at once make a pool each, and "
                "nobody closes the one that is replaced",
                # An object may well be asked by one task alone.
                confidence=Confidence.MEDIUM if isinstance(assign.target, Name) else Confidence.LOW,
                remedy="make the pool in the application's lifespan, or ask again under an `asyncio.Lock`",
            )


def is_asked_before(function: FunctionDef, assign: Assign, kept: str) -> bool:
    """Whether it is made where there is none: in an `if` that says so, or behind one that returns what is there."""
    for one in function.find(If, nested=False):
        if one.test.text in (f"{kept} is None", f"not {kept}") and any(part.contains(assign) for part in one.body):
            return True
        is_there = one.test.text in (f"{kept} is not None", kept) and one.end < assign.start
        if is_there and one.body and isinstance(one.body[-1], Return):
            return True
    return False


def is_given_back(function: FunctionDef, assign: Assign, kept: str) -> bool:
    """Whether the function gives the pool to who asked."""
    returns = (one for one in function.find(Return, nested=False) if one.start > assign.end)
    return any(one.value is not None and one.value.text == kept for one in returns)


def is_run_first(project: Project, function: FunctionDef) -> bool:
    """Whether what an application runs before its first request names the function."""
    called = re.compile(rb"(?<!def )\b%s\s{0,9}\(" % re.escape(function.name.encode()))
    return any(called.search(data) is not None for data in marked_contents(project, Mark.BEGINNINGS))
