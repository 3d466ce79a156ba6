"""Run in a process of its own: imports an application and writes its pool as JSON to a pipe; never connects.

A script for the application's own interpreter, which need not have forge-doctor installed, nor be of our version: it
uses the standard library and the application's SQLAlchemy alone, in Python that 3.8 understands. What it says is
redacted by whoever started it.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import os
import sys
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

MENTION = 200  # characters of a foreign error message


class Problem(Exception):
    """Why no engine was found, as the user will read it."""


def main(spec: str, pipe: int) -> None:
    """Write the engine's facts or one problem, then leave at once: threads and exit hooks are not waited for."""
    sys.path[0] = str(Path.cwd())  # not the folder of this script
    sys.argv = ["forge-doctor"]  # an application that parses arguments at import must not see ours
    sys.excepthook = functools.partial(_report_crash, pipe)
    try:
        answer: Mapping[str, Any] = engine_facts(find_engine(resolve(spec), spec))
    except Problem as problem:
        answer = {"problem": str(problem)}
    _write(pipe, answer)
    os._exit(0)


def resolve(spec: str) -> Any:
    """The object `package.module:name.name` names; raises `Problem` where a part of it is missing."""
    module_name, _, path = spec.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise Problem(
            f"no module named {error.name!r} in {Path.cwd()} or this Python's packages; "
            "run forge-doctor where the application is started, or name its interpreter with --python"
        ) from error
    for name in path.split("."):
        if not hasattr(found, name):
            owner = f"module {found.__name__}" if isinstance(found, ModuleType) else type(found).__name__
            raise Problem(f"{owner} has no attribute {name!r}{_nearest(name, _offered(found))}")
        found = getattr(found, name)
    return found


def engine_facts(engine: Any) -> dict[str, Any]:
    """What SQLAlchemy keeps of the pool's configuration; the underscored names are the same in 2.0 and 2.1."""
    from sqlalchemy.pool import AssertionPool, NullPool, QueuePool, SingletonThreadPool, StaticPool

    pool = engine.pool
    size: int | None = None
    overflow: int | None = None
    if isinstance(pool, QueuePool):
        size, overflow = pool.size(), pool._max_overflow
    elif isinstance(pool, SingletonThreadPool):
        size, overflow = pool.size, 0
    elif isinstance(pool, (StaticPool, AssertionPool)):
        size, overflow = 1, 0
    return {
        "dialect": engine.dialect.name,
        "driver": engine.dialect.driver,
        "pool_class": _sqlalchemy_class(pool),
        "pool_size": size,
        "max_overflow": overflow,
        "pool_timeout_s": getattr(pool, "_timeout", None),
        "pool_recycle_s": None if isinstance(pool, NullPool) else pool._recycle,
        "pre_ping": bool(pool._pre_ping),
        "url": engine.url.render_as_string(hide_password=True),
        # For whoever started us to mask, should a server or an error echo it.
        "whole_url": engine.url.render_as_string(hide_password=False),
    }


def find_engine(found: Any, spec: str) -> Any:
    """The synchronous engine behind an engine, a sessionmaker, a session registry or a factory's result."""
    engine = _unwrapped(found)
    if engine is None and _is_factory(found):
        engine = _unwrapped(_called(found))
    if engine is not None:
        return engine
    inner = [
        name for name in ("engine", "async_engine", "sync_engine", "bind") if _unwrapped(getattr(found, name, None))
    ]
    hint = f"try {spec}.{inner[0]}" if inner else "name the object that create_async_engine() returned"
    raise Problem(f"is a {type(found).__name__}, not a SQLAlchemy engine; {hint}")


def _unwrapped(found: Any) -> Any:
    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.orm import scoped_session, sessionmaker

    def asyncio_classes(*names: str) -> tuple[Any, ...]:
        """Those this SQLAlchemy has: it may be an old one, or be without greenlet."""
        try:
            from sqlalchemy.ext import asyncio
        except ImportError:
            return ()
        return tuple(getattr(asyncio, name) for name in names if hasattr(asyncio, name))

    def is_one(*classes: Any) -> bool:
        return isinstance(found, classes)

    if is_one(scoped_session, *asyncio_classes("async_scoped_session")):
        found = found.session_factory
    if is_one(sessionmaker, *asyncio_classes("async_sessionmaker")):
        found = found.kw.get("bind")
        if found is None:
            raise Problem("is a sessionmaker without an engine; name the engine itself")
    if is_one(Connection, *asyncio_classes("AsyncConnection")):
        found = found.engine
    if is_one(*asyncio_classes("AsyncEngine")):
        return found.sync_engine
    return found if isinstance(found, Engine) else None


def _is_factory(found: Any) -> bool:
    named = hasattr(found, "__name__") or isinstance(found, functools.partial)
    return callable(found) and not inspect.isclass(found) and named


def _called(factory: Any) -> Any:
    if (
        inspect.iscoroutinefunction(factory)
        or inspect.isasyncgenfunction(factory)
        or inspect.isgeneratorfunction(factory)
    ):
        raise Problem("is a coroutine or generator function; name an engine or a plain function that returns one")
    needed = [
        parameter.name
        for parameter in inspect.signature(factory).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    if needed:
        raise Problem(f"needs arguments ({', '.join(needed)}); name an engine or a function without any")
    made = factory()
    if _unwrapped(made) is None:
        raise Problem(f"returned a {type(made).__name__}, not a SQLAlchemy engine")
    return made


def _sqlalchemy_class(pool: Any) -> str:
    return next(base.__name__ for base in type(pool).__mro__ if base.__module__.startswith("sqlalchemy."))


def _offered(found: Any) -> list[str]:
    """Names worth suggesting: engines and session factories if there are any, else whatever is public."""
    public = [name for name in dir(found) if not name.startswith("_")]
    kinds = ("Engine", "AsyncEngine", "sessionmaker", "async_sessionmaker")
    return [name for name in public if type(getattr(found, name, None)).__name__ in kinds] or public


def _nearest(word: str, choices: Iterable[str]) -> str:
    import difflib

    options = sorted(set(choices))
    near = difflib.get_close_matches(word, options, n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else f" (known: {', '.join(options)})"


def _report_crash(pipe: int, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The error's type, first line and place: the rest of the message may quote configuration."""
    message = next(iter(str(error).splitlines()), "")[:MENTION]
    _write(pipe, {"problem": f"fails with {kind.__name__}: {message}{_place(trace)}"})
    os._exit(1)


def _place(trace: TracebackType | None) -> str:
    """The last line of the application itself on the way to the error, not of a library it uses."""
    for frame in reversed(traceback.extract_tb(trace)):
        path = Path(frame.filename)
        ours = Path.cwd() in path.parents and "site-packages" not in path.parts
        if ours and path != Path(__file__):
            return f" ({path.name}, line {frame.lineno})"
    return ""


def _write(pipe: int, answer: Mapping[str, Any]) -> None:
    os.write(pipe, json.dumps(answer).encode())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
