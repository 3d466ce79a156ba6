"""Which line of the application took each connection that is held: written to a page of memory others may look into.

    from forge_doctor.holders import install
    install(engine)                  # an Engine, an AsyncEngine; without an engine: every pool of the process

The application opts in with that line, and `forge-doctor pool` then names the line for every connection, whatever
its state, on any Python, while the event loop is blocked as well: the page is read from outside. There is no thread,
no socket, no signal, no file; it goes with the process, and only its own user (and root) can read it. Imports
nothing but the standard library and SQLAlchemy's events, and never fails the application: where the page cannot be
had (another system than Linux), `install` says False and nothing is written.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from contextlib import suppress
from time import monotonic_ns
from typing import Any

from forge_doctor.holders.caller import caller
from forge_doctor.holders.driver import ends
from forge_doctor.holders.page import Page
from forge_doctor.holders.tags import tag

_TAKE = struct.Struct("<HQ")
_RETURN = struct.Struct("<Q")
_KEY = "forge_doctor.holders"
_page: Page | None = None


def install(engine: Any = None, *, tags: bool = False) -> bool:
    """Write down, from now on, which line takes each connection of the engine's pool; False where that cannot be.

    With `tags`, statements also begin with a comment that names the line that sends them, in the form of
    sqlcommenter: pg_stat_activity and the server's log then show it. The text of a statement becomes another at each
    place it is sent from, which costs a prepared statement for each.
    """
    from sqlalchemy import Engine, Pool, event

    def listen(target: Any, name: str, handler: Callable[..., Any], **options: bool) -> None:
        if not event.contains(target, name, handler):
            event.listen(target, name, handler, **options)

    inner = getattr(engine, "sync_engine", engine)
    if tags:
        listen(inner or Engine, "before_cursor_execute", tag, retval=True)
    if _current() is None:
        return False
    target = Pool if inner is None else inner.pool
    for name, handler in _HANDLERS.items():
        listen(target, name, handler)
    return True


def _current() -> Page | None:
    global _page
    if _page is None and hasattr(os, "memfd_create"):
        with suppress(OSError):
            _page = Page()
    return _page


def _after_fork() -> None:
    """The parent's page stays the parent's: the child begins one of its own when it takes a connection."""
    global _page
    page, _page = _page, None
    if page is not None:
        with suppress(BufferError):
            page.memory.close()


def _checkout(connection: Any, record: Any, proxy: Any) -> None:
    page = _page or _current()
    if page is None:
        return
    slot = record.info.get(_KEY)
    if slot is None or slot[0] is not page:
        slot = record.info[_KEY] = (page, page.add(*ends(connection)))
    if slot[1]:
        line = caller()
        _TAKE.pack_into(page.memory, slot[1] + 6, page.labels.get(line) or page.label(line), monotonic_ns())


def _checkin(connection: Any, record: Any) -> None:
    slot: tuple[Page, int] | None = record.info.get(_KEY)
    if slot is not None and slot[1] and _page is slot[0]:
        _RETURN.pack_into(slot[0].memory, slot[1] + 8, 0)


def _close(connection: Any, record: Any) -> None:
    _drop(record.info.pop(_KEY, None))


def _drop(slot: tuple[Page, int] | None) -> None:
    if slot is not None and slot[0] is _page:
        slot[0].drop(slot[1])


_detached: dict[int, tuple[Page, int]] = {}


def _detach(connection: Any, record: Any) -> None:
    """It leaves the pool and stays held."""
    slot = record.info.pop(_KEY, None)
    if slot is not None:
        _detached[id(connection)] = slot


def _close_detached(connection: Any) -> None:
    _drop(_detached.pop(id(connection), None))


_HANDLERS: dict[str, Callable[..., Any]] = {
    "checkout": _checkout,
    "checkin": _checkin,
    "close": _close,
    "detach": _detach,
    "close_detached": _close_detached,
}


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
