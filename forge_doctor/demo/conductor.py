"""Runs the demo from its first process to its last: shop, server, customers and diagnosis; leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from forge_doctor.dataclass import dataclass
from forge_doctor.demo.faults import SHOP
from forge_doctor.demo.server import postgres
from forge_doctor.errors import CannotInspect
from forge_doctor.probes.processes.children import Child, free_port, stopping

WORKERS = 2
RUSH_S = 11.0
SLOW_S = 3.0
START_TIMEOUT_S = 60.0
ENGINE = "forge_doctor.demo.shop.database:engine"

# As many as make a table worth an index; analysed when the server has counted them.
REVIEWS = """
INSERT INTO reviews (email, text)
SELECT 'customer' || g % 4000 || '@shop.example', repeat('Fine. ', 1 + g % 20) FROM generate_series(1, 40000) g;
INSERT INTO answers (review_id, text) SELECT g, 'Thank you.' FROM generate_series(1, 40000) g;
SELECT pg_stat_force_next_flush()
"""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A shop that is open for business: where it is and what it writes."""

    url: str
    dsn: str  # of the role that may only look
    log: Path
    page: Path  # where the report of all goes: it stays when the shop is gone


async def demonstrate(say: Say, *, keep: bool) -> int:
    """Open the shop, let customers in, examine it; the status of the examination.

    With `keep` the shop stays open afterwards until the task is cancelled.
    """
    try:
        with temporary_folder() as folder:
            async with open_shop(folder, say) as shop, customers(shop, say):
                status = max([await examine(arguments, say) for arguments in examinations(shop)])
                say(f"the report as a page, for a browser: {shop.page}")
                if keep:
                    say(f"the shop stays open until Ctrl-C; from another terminal:\n{things_to_try(shop)}")
                    await asyncio.Event().wait()
        return status
    finally:
        say("everything is stopped and removed")


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A directory that goes with the block; others may pass through it, since PostgreSQL may run as another account."""
    with tempfile.TemporaryDirectory(prefix="forge-doctor-demo-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@asynccontextmanager
async def open_shop(folder: Path, say: Say) -> AsyncIterator[Shop]:
    """A PostgreSQL with the shop's tables and two uvicorn workers; yields when the shop answers."""
    import httpx

    from forge_doctor.demo import load

    say("starting a PostgreSQL of our own")
    async with postgres(folder) as server:
        await make_tables(f"postgresql+asyncpg://shop:shop@{server}/shop")
        port, log = free_port(), folder / "shop.log"
        say(f"starting the shop: {WORKERS} uvicorn workers, log in {log}")
        async with stopping(uvicorn(port), log=log, graceful_s=4.0, environment=shop_environment(server)) as process:
            url = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=url, timeout=START_TIMEOUT_S) as client:
                await until(load.wait_until_open(client), process)
            with page_file() as page:
                yield Shop(url=url, dsn=f"postgresql://doctor:doctor@{server}/shop", log=log, page=page)


@contextmanager
def page_file() -> Iterator[Path]:
    """A new file for the report, in the folder for such; it stays, unless nothing was written to it."""
    descriptor, name = tempfile.mkstemp(prefix="forge-doctor-demo-", suffix=".html")
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        if not Path(name).stat().st_size:
            Path(name).unlink()


def shop_environment(server: str) -> dict[str, str]:
    """What the shop reads from its environment; unbuffered, so that its log is complete."""
    return {
        "SHOP_DATABASE_URL": f"postgresql+asyncpg://shop:shop@{server}/shop",
        "PYTHONUNBUFFERED": "1",
    }


def uvicorn(port: int) -> tuple[str, ...]:
    """The command that serves the shop, whose log tells the time."""
    application = "forge_doctor.demo.shop.api:app"
    log = ("--log-config", str(SHOP / "log_config.json"))
    listen = ("--host", "127.0.0.1", "--port", str(port))
    patience = ("--timeout-graceful-shutdown", "1")
    return (sys.executable, "-m", "uvicorn", application, "--workers", str(WORKERS), *listen, *patience, *log)


@asynccontextmanager
async def customers(shop: Shop, say: Say) -> AsyncIterator[None]:
    """A rush of orders, then customers who keep coming until the block ends."""
    import httpx

    from forge_doctor.demo import load

    limits = httpx.Limits(max_connections=20, max_keepalive_connections=0)  # a new connection may reach another worker
    async with httpx.AsyncClient(base_url=shop.url, timeout=60, limits=limits) as client:
        say(f"{load.ORDERS} customers order; others look around and pay, for {RUSH_S:g} s")
        orders = await asyncio.wait_for(load.place_orders(client), START_TIMEOUT_S)
        rush = asyncio.create_task(load.keep_coming(client, orders))
        try:
            await asyncio.sleep(RUSH_S)
            yield
        finally:
            rush.cancel()
            await asyncio.gather(rush, return_exceptions=True)


def examinations(shop: Shop) -> tuple[tuple[str, ...], ...]:
    """The arguments of the commands that examine the shop: its sessions, its statements, its log, its source,
    its migrations."""
    return (
        ("pool", "--dsn", shop.dsn, "--app", ENGINE),
        ("slow", "--dsn", shop.dsn, "--duration", f"{SLOW_S:g}", "--top", "4", "--source", str(SHOP)),
        # Where it is installed, the shop lies among the packages, whose lines are nobody's own.
        ("logs", str(shop.log), "--app-root", str(SHOP)),
        # Named one by one, files are linted wherever they lie.
        ("lint", *(str(path) for path in sorted(SHOP.glob("*.py")))),
        ("migrations", "--no-live", "--all", str(SHOP / "alembic.ini")),
        # And all of that in one, told nothing: it finds the shop by itself.
        ("triage", "--html", str(shop.page)),
    )


def things_to_try(shop: Shop) -> str:
    """Commands to copy while the shop is open."""
    pool, slow, logs, *_ = examinations(shop)
    commands = (
        "forge-doctor triage",
        shlex.join(("forge-doctor", *pool, "--watch", "2")),
        shlex.join(("forge-doctor", *slow)),
        shlex.join(("forge-doctor", *logs, "--follow")),
        f"curl {shop.url}/orders/1",
        f"tail -f {shop.log}",
    )
    return "\n".join(f"  {command}" for command in commands)


async def examine(arguments: Sequence[str], say: Say) -> int:
    """Run the real command on our own terminal; raises `CannotInspect` where it gave no diagnosis."""
    say(f"$ {shlex.join(('forge-doctor', *arguments))}")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "forge_doctor", *arguments), stdin=asyncio.subprocess.DEVNULL
    )
    try:
        status = await asyncio.wait_for(process.wait(), START_TIMEOUT_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if status not in (0, 1):
        raise CannotInspect(f"the examination ended with status {status}")
    return status


async def make_tables(url: str) -> None:
    """The shop's tables and what it sells."""
    from sqlalchemy import NullPool, insert
    from sqlalchemy.ext.asyncio import create_async_engine

    from forge_doctor.demo.shop.models import Base, Product

    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        names = ("kettle", "lamp", "chair", "blanket")
        await connection.execute(insert(Product), [{"name": name, "stock": 1000} for name in names])
        for statement in REVIEWS.split(";"):
            await connection.exec_driver_sql(statement)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("ANALYZE reviews, answers")
    await engine.dispose()


async def until(ready: Coroutine[Any, Any, None], process: Child) -> None:
    """Await `ready`; raises `CannotInspect` where the process ends first, or after 20 s."""
    waiting = asyncio.create_task(ready)
    ended = asyncio.create_task(process.process.wait())
    try:
        await asyncio.wait((waiting, ended), timeout=START_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        process.raise_if_ended()
        if not waiting.done():
            raise CannotInspect(f"{process.name} gave no answer within {START_TIMEOUT_S:g} s; its log is {process.log}")
        await waiting
    finally:
        waiting.cancel()
        ended.cancel()


def run(demonstration: Coroutine[Any, Any, int]) -> int:
    """Run to the end, or until SIGINT, SIGTERM or SIGHUP, and tidy up in each case; the exit status."""
    return asyncio.run(_cancel_on_signals(demonstration))


async def _cancel_on_signals(demonstration: Coroutine[Any, Any, int]) -> int:
    task = asyncio.create_task(demonstration)
    caught: list[int] = []

    def stop(number: int) -> None:
        # A second Ctrl-C must not interrupt the tidying up, which is bounded.
        if not caught:
            task.cancel()
        caught.append(number)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop, number)
    try:
        return await task
    except asyncio.CancelledError:
        return 128 + caught[0] if caught else 1
    except TimeoutError as error:
        raise CannotInspect("the demo could not be started in time: is this machine very busy?") from error
