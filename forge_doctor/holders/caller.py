"""Which line of the application is on the stack, also above SQLAlchemy's greenlet; imports none of what it names."""

from __future__ import annotations

import os
import sys
import sysconfig
from types import CodeType, FrameType
from typing import Any

# A label has two lines: where the connection was taken, and the application's own caller of that.
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


# Asked for each frame: the hash of a string is kept in it, that of a code object is worked out each time from its bytes.
_kinds: dict[str, int] = {}
# By ids and places of code objects, which stay theirs for as long as the value beside them keeps these.
_texts: dict[tuple[int, int, int, int], tuple[str, tuple[CodeType, CodeType | None]]] = {}


def caller() -> str:
    """The application's lines on the stack, innermost first; what is installed, where it has none there.

    Written flat: at every checkout, after a wait, each call of a function costs as much as a frame that is looked at.
    """
    first: FrameType | None = None
    installed: list[FrameType] = []
    kinds = _kinds
    left = MOST_FRAMES
    place, waiting = _top()
    while True:
        while place is not None and left:
            left -= 1
            file = place.f_code.co_filename
            kind = kinds.get(file)
            if kind is None:
                kind = _kind(file)
            if kind == _APPLICATION:
                if first is not None:
                    known = _texts.get((id(first.f_code), first.f_lasti, id(place.f_code), place.f_lasti))
                    return known[0] if known is not None else _text(first, place)
                first = place
                left = min(left, NEAR)
            elif kind == _STARTER:
                break
            elif kind == _INSTALLED and len(installed) < 2:
                installed.append(place)
            place = place.f_back
        if waiting is None or not left:
            break
        place, waiting = waiting.gr_frame, waiting.parent
    if first is not None:
        return _text(first, None)
    return _text(installed[0], installed[1] if len(installed) > 1 else None) if installed else ""


def _top() -> tuple[FrameType | None, Any]:
    """(the frame to begin with, the greenlet that waits for its own): SQLAlchemy's asyncio runs in a greenlet whose frames
    end at its own. Those are skipped, unless `run_sync` runs the application's code in it."""
    greenlet = sys.modules.get("greenlet")
    waiting = None if greenlet is None else greenlet.getcurrent().parent
    if waiting is not None:
        spawn = waiting.gr_frame
        if spawn is not None and spawn.f_code.co_name == "greenlet_spawn":
            awaits = spawn.f_back
            if awaits is not None and awaits.f_code.co_name != "run_sync":
                return awaits, waiting.parent
    return sys._getframe(2), waiting


def _text(first: FrameType, second: FrameType | None) -> str:
    """`file<TAB>line<TAB>function` of one frame or two, worked out once for each place in the code."""
    code = first.f_code
    above = None if second is None else second.f_code
    key = (id(code), first.f_lasti, id(above), 0 if second is None else second.f_lasti)
    known = _texts.get(key)
    if known is None:
        if len(_texts) > 20_000:
            _texts.clear()
        parts = (*_parts(first), *(() if second is None else _parts(second)))
        known = _texts[key] = "\t".join(part.replace("\t", " ").replace("\n", " ") for part in parts), (code, above)
    return known[0]


def _parts(frame: FrameType) -> tuple[str, str, str]:
    return frame.f_code.co_filename, str(frame.f_lineno), frame.f_code.co_qualname


def _kind(file: str) -> int:
    """Whose code a file is; forgotten where an application makes files without end."""
    if len(_kinds) > 20_000:
        _kinds.clear()
    kind = _kinds[file] = _kind_of_file(file)
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
