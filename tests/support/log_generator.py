"""Writes logs of a busy FastAPI service of any size, with a chosen share of trouble and the exact truth about it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

SITE = "/usr/local/lib/python3.12/site-packages"
START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

# (path below site-packages, line, function, source line) from the server down to the endpoint.
OUTER_FRAMES = (
    ("uvicorn/protocols/http/httptools_impl.py", 409, "run_asgi", "result = await app("),
    ("uvicorn/middleware/proxy_headers.py", 60, "__call__", "return await self.app(scope, receive, send)"),
    ("fastapi/applications.py", 1054, "__call__", "await super().__call__(scope, receive, send)"),
    ("starlette/applications.py", 113, "__call__", "await self.middleware_stack(scope, receive, send)"),
    ("starlette/middleware/errors.py", 187, "__call__", "raise exc"),
    ("starlette/middleware/errors.py", 165, "__call__", "await self.app(scope, receive, _send)"),
    ("starlette/middleware/exceptions.py", 62, "__call__", "await wrap_app_handling_exceptions(self.app, conn)"),
    ("starlette/_exception_handler.py", 53, "wrapped_app", "raise exc"),
    ("starlette/_exception_handler.py", 42, "wrapped_app", "await app(scope, receive, sender)"),
    ("starlette/routing.py", 715, "__call__", "await self.middleware_stack(scope, receive, send)"),
    ("starlette/routing.py", 735, "app", "await route.handle(scope, receive, send)"),
    ("starlette/routing.py", 288, "handle", "await self.app(scope, receive, send)"),
    ("fastapi/routing.py", 301, "app", "raw_response = await run_endpoint_function("),
    ("fastapi/routing.py", 212, "run_endpoint_function", "return await dependant.call(**values)"),
)
LAZY_LOAD_FRAMES = (
    ("sqlalchemy/orm/attributes.py", 566, "__get__", "return self.impl.get(state, dict_)"),
    ("sqlalchemy/orm/attributes.py", 1086, "get", "value = self._fire_loader_callables(state, key, passive)"),
    ("sqlalchemy/orm/strategies.py", 968, "_load_for_state", "return self._emit_lazyload("),
    ("sqlalchemy/orm/strategies.py", 1131, "_emit_lazyload", "result = session.execute("),
    ("sqlalchemy/orm/session.py", 2362, "execute", "return self._execute_internal("),
    ("sqlalchemy/engine/base.py", 1416, "execute", "return meth("),
    ("sqlalchemy/engine/base.py", 1843, "_execute_context", "return self._exec_single_context("),
    ("sqlalchemy/engine/default.py", 941, "do_execute", "cursor.execute(statement, parameters)"),
    ("sqlalchemy/dialects/postgresql/asyncpg.py", 572, "execute", "self._adapt_connection.await_("),
    ("sqlalchemy/util/_concurrency_py3k.py", 123, "await_only", "raise exc.MissingGreenlet("),
)
EXECUTE_FRAMES = (
    ("sqlalchemy/ext/asyncio/session.py", 463, "execute", "result = await greenlet_spawn("),
    ("sqlalchemy/util/_concurrency_py3k.py", 201, "greenlet_spawn", "result = context.throw(*sys.exc_info())"),
    ("sqlalchemy/orm/session.py", 2362, "execute", "return self._execute_internal("),
    ("sqlalchemy/orm/session.py", 2110, "_connection_for_bind", "conn = bind.connect()"),
    ("sqlalchemy/engine/base.py", 3276, "connect", "return self._connection_cls(self)"),
    ("sqlalchemy/pool/base.py", 447, "connect", "return _ConnectionFairy._checkout(self)"),
    ("sqlalchemy/pool/impl.py", 169, "_do_get", "raise exc.TimeoutError("),
)


@dataclass(frozen=True, slots=True)
class Site:
    """A line of the service's own code."""

    file: str
    line: int
    function: str
    source: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A kind of event: its signature, where it comes from, and its text after the first line's header."""

    signature: str
    site: Site
    body: bytes

    @property
    def key(self) -> tuple[str, str, int]:
        return (self.signature, self.site.file, self.site.line)


@dataclass(slots=True)
class Seen:
    """How often one problem was written, and when first and last."""

    count: int = 0
    first: datetime = START
    last: datetime = START


@dataclass(slots=True)
class Truth:
    """What a correct triage says about the log: (signature, file, line) -> how often, when."""

    problems: dict[tuple[str, str, int], Seen] = field(default_factory=dict)
    lines: int = 0
    trouble_lines: int = 0
    size: int = 0


def sites(name: str, count: int) -> list[Site]:
    """Distinct places in the service, `count` of them."""
    return [
        Site(f"/app/shop/{name}_{index % 7}.py", 11 + 9 * index, f"{name}_{index}", f"return order.{name}_{index}")
        for index in range(count)
    ]


def troubles() -> list[Trouble]:
    """Every kind of trouble the service has; ten times as many greenlet sites as anything else."""
    lazy = "sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't call await_only() here."
    pool = "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out"
    found = [Trouble("missing-greenlet", site, traceback(site, LAZY_LOAD_FRAMES, lazy)) for site in sites("items", 20)]
    found += [Trouble("pool-timeout", site, traceback(site, EXECUTE_FRAMES, pool)) for site in sites("report", 8)]
    found += [Trouble("", site, traceback(site, (), "KeyError: 'colour'")) for site in sites("colour", 4)]
    return found


def traceback(site: Site, inner: tuple[tuple[str, int, str, str], ...], message: str) -> bytes:
    """The text below the header line of an unhandled exception that passes through `site`."""
    lines = ["Traceback (most recent call last):"]
    for path, number, function, source in OUTER_FRAMES:
        lines += frame(f"{SITE}/{path}", number, function, source)
    lines += frame(site.file, site.line, site.function, site.source)
    for path, number, function, source in inner:
        lines += frame(f"{SITE}/{path}", number, function, source)
    return ("\n".join([*lines, message]) + "\n").encode()


def frame(path: str, number: int, function: str, source: str) -> list[str]:
    """A frame as Python 3.11 and later prints it."""
    return [f'  File "{path}", line {number}, in {function}', f"    {source}", f"    {'^' * len(source)}"]


def healthy(rng: random.Random) -> bytes:
    """A line of no interest, without its time; some talk about connections, sessions and errors."""
    port, order = rng.randrange(30000, 60000), rng.randrange(1, 99999)
    kind = rng.randrange(20)
    if kind == 0:
        return b"INFO     [shop.db] pool: %d connections in use, %d idle\n" % (port % 5, port % 3)
    if kind == 1:
        return b"INFO     [shop.jobs] session %d opened, 0 errors so far, transaction committed\n" % order
    if kind == 2:
        return b"WARNING  [shop.cart] cart %d: retry 1 of 3, connection to the courier slow (%d ms)\n" % (
            order,
            port,
        )
    if kind == 3:
        return b"DEBUG    [sqlalchemy.engine.Engine] [cached since %d.1s ago] (%d,)\n" % (port, order)
    return b'INFO     [uvicorn.access] 10.0.3.%d:%d - "GET /orders/%d HTTP/1.1" 200\n' % (port % 250, port, order)


def stamp(moment: datetime) -> bytes:
    """`2026-11-22 08:00:00,123 `, as plain `logging` prints it."""
    return f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03d} ".encode()


def varying_words(kind: Trouble, number: int) -> bytes:
    """What an exception says on about the one time it was raised: its statement and parameter, or a note."""
    if kind.signature:
        return (
            b"[SQL: SELECT orders.id, orders.total FROM orders WHERE orders.id = $1::INTEGER]\n[parameters: (%d,)]\n"
            b"(Background on this error at: https://sqlalche.me/e/20/xd2s)\n" % number
        )
    return b"while order %d was packed\n" % number


def chunks(truth: Truth, size: int, density: float, seed: int = 7, *, varied: bool = False) -> Iterator[bytes]:
    """The log, about a megabyte at a time, until `size` bytes; `density` is the share of lines that are trouble.

    With `varied` each exception has words of its own.

    `truth` is filled as it goes. The first trouble comes within the first megabyte whatever the density.
    """
    rng = random.Random(seed)
    kinds = troubles()
    calm = [healthy(rng) for _ in range(5000)]
    owed = 0.0
    minute, moment = stamp(START)[:17], START
    while truth.size < size:
        parts: list[bytes] = []
        for _ in range(8000):
            truth.lines += 1
            if truth.lines % 50 == 0:
                moment += timedelta(milliseconds=rng.randrange(5, 90))
                minute = stamp(moment)
            else:
                minute = minute if len(minute) == 24 else stamp(moment)
            if density and owed <= truth.lines * density:
                kind = kinds[rng.randrange(len(kinds))]
                words = varying_words(kind, rng.randrange(10**6)) if varied else b""
                parts += (minute, b"ERROR    [uvicorn.error] Exception in ASGI application\n", kind.body, words)
                length = kind.body.count(b"\n") + words.count(b"\n") + 1
                seen = truth.problems.setdefault(kind.key, Seen(first=moment))
                seen.count, seen.last = seen.count + 1, moment.replace(microsecond=moment.microsecond // 1000 * 1000)
                truth.lines, truth.trouble_lines, owed = (
                    truth.lines + length - 1,
                    truth.trouble_lines + length,
                    owed + length,
                )
            else:
                parts += (minute, calm[rng.randrange(5000)])
        chunk = b"".join(parts)
        truth.size += len(chunk)
        yield chunk


def write_log(path: Path, size: int, density: float, seed: int = 7, *, varied: bool = False) -> Truth:
    """Write a log of at least `size` bytes and say what is in it."""
    truth = Truth()
    with path.open("wb") as file:
        file.writelines(chunks(truth, size, density, seed, varied=varied))
    return truth
