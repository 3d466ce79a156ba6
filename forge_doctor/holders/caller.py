"""Which line of the application is on the stack, also above SQLAlchemy's greenlet; imports none of what it names."""

from __future__ import annotations

import os
import sys
import sysconfig
from types import CodeType, FrameType

# The lines of a label: where the connection was taken, and the application's own caller of that.
DEPTH = 2
MOST_FRAMES = 200
NEAR = 6  # frames after the first line in which its caller is looked for

_HERE = os.path.dirname(__file__)  # noqa: PTH120 - as above
_PREFIXES = tuple(
    os.path.join(path, "")  # noqa: PTH118 - a string to compare file names with
    for path in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), sysconfig.get_path("scripts")}
    if path
)
# Where an event loop or a thread begins to run somebody's code: what is below did not ask for the connection.
_STARTERS = ("asyncio/events.py", "asyncio/runners.py", "asyncio/base_events.py", "threading.py", "futures/thread.py")
# Packages through whose frames a connection is taken; one of the application's own may be installed beside them.
_LIBRARIES = frozenset(
    {
        *("sqlalchemy", "sqlmodel", "greenlet", "gevent", "eventlet", "starlette", "fastapi"),
        *("anyio", "uvicorn", "uvloop", "asyncpg", "psycopg", "psycopg2", "alembic"),
        *("advanced_alchemy", "litestar", "flask", "flask_sqlalchemy", "werkzeug", "celery", "kombu"),
        *("billiard", "gunicorn", "hypercorn", "granian", "sentry_sdk", "opentelemetry", "ddtrace"),
        *("newrelic", "elasticapm", "pytest", "_pytest", "pluggy", "prometheus_client", "tenacity"),
    }
)
_APPLICATION, _INSTALLED, _LIBRARY, _STARTER = range(4)


_kinds: dict[CodeType, int] = {}
_names: dict[tuple[CodeType, int], str] = {}


def caller() -> str:
    """The application's lines on the stack, innermost first; what is installed, where it has none there."""
    found: list[str] = []
    installed: list[str] = []
    left = MOST_FRAMES
    for frame in _stacks():
        place: FrameType | None = frame
        while place is not None and left:
            left -= 1
            code = place.f_code
            kind = _kinds.get(code)
            if kind is None:
                kind = _kind(code)
            if kind == _APPLICATION:
                found.append(_name(code, place))
                if len(found) == DEPTH:
                    return "\t".join(found)
                left = min(left, NEAR)
            elif kind == _INSTALLED:
                if len(installed) < DEPTH:
                    installed.append(_name(code, place))
            elif kind == _STARTER:
                break
            place = place.f_back
    return "\t".join(found or installed)


def _stacks() -> list[FrameType]:
    """The top frame of this greenlet and of those that wait for it: SQLAlchemy's asyncio runs in a greenlet whose
    frames end at its own."""
    own = sys._getframe(2)
    greenlet = sys.modules.get("greenlet")
    parent = None if greenlet is None else greenlet.getcurrent().parent
    if parent is None:
        return [own]
    waiting: list[FrameType] = []
    while parent is not None:
        if parent.gr_frame is not None:
            waiting.append(parent.gr_frame)
        parent = parent.parent
    # Each frame that is looked at costs: those of SQLAlchemy's own greenlet are skipped, unless `run_sync` runs the
    # application's code in it.
    awaits = waiting[0].f_back if waiting and waiting[0].f_code.co_name == "greenlet_spawn" else None
    return waiting if awaits is not None and awaits.f_code.co_name != "run_sync" else [own, *waiting]


def _kind(code: CodeType) -> int:
    """Whose code it is; kept for each code object, and forgotten where an application makes code without end."""
    if len(_kinds) > 20_000:
        _kinds.clear()
    kind = _kinds[code] = _kind_of_file(code.co_filename)
    return kind


def _kind_of_file(name: str) -> int:
    if name.startswith(("<", _HERE)):
        return _LIBRARY
    for folder in ("/site-packages/", "/dist-packages/"):
        _, installed, inner = name.rpartition(folder)
        if installed:
            return _LIBRARY if inner.partition("/")[0].removesuffix(".py") in _LIBRARIES else _INSTALLED
    if "/lib/sqlalchemy/" in name:  # installed from its sources
        return _LIBRARY
    if name.startswith(_PREFIXES):
        return _STARTER if name.endswith(_STARTERS) else _LIBRARY
    return _APPLICATION


def _name(code: CodeType, frame: FrameType) -> str:
    """`file<TAB>line<TAB>function`; the line is worked out once for each place in the code."""
    key = (code, frame.f_lasti)
    name = _names.get(key)
    if name is None:
        if len(_names) > 20_000:
            _names.clear()
        parts = (code.co_filename, str(frame.f_lineno), code.co_qualname)
        name = _names[key] = "\t".join(part.replace("\t", " ").replace("\n", " ") for part in parts)
    return name
