"""What speaks as PostgreSQL does and answers otherwise: one sentence that names it, whichever part of us asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from forge_doctor.errors import CannotInspect
from forge_doctor.migrations.live import collect as live
from forge_doctor.pool import collect as pool
from forge_doctor.pool.topology import Told
from forge_doctor.probes.postgres.look import connect, fetch_rows
from forge_doctor.probes.postgres.target import Target
from forge_doctor.slow import collect as slow
from tests.probes.postgres.test_look import target_of
from tests.support.postgres import PostgresServer

NONE_OF_OURS = ("SELECT 1 AS n WHERE false", "SELECT NULL AS n", "SELECT 'x' AS n", "SELECT '[' AS settings")


async def of_pool(target: Target) -> None:
    await pool.Examination(pool.Request(target=target, told=Told(), scan=False)).look()


async def of_slow(target: Target) -> None:
    await slow.collect(slow.Request(target=target, duration_s=0.0))


async def of_migrations(target: Target) -> None:
    await live.collect_live(live.LiveRequest(target=target))


@pytest.mark.parametrize(
    ("ask", "query"),
    [
        (of_pool, "forge_doctor.pool.server.answers.load_query"),
        (of_slow, "forge_doctor.slow.collect.load_query"),
        (of_migrations, "forge_doctor.migrations.live.collect._query"),
    ],
)
async def test_rows_that_are_none_of_ours(
    ask: Callable[[Target], Awaitable[None]], query: str, postgres18: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for answer in NONE_OF_OURS:
        monkeypatch.setattr(query, lambda *_, answer=answer: answer)
        with pytest.raises(CannotInspect, match="make no sense as PostgreSQL's") as caught:
            await ask(target_of(postgres18.dsn()))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "error", [AssertionError("too short"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no"), IndexError()]
)
async def test_bytes_that_the_driver_cannot_decode(error: Exception, postgres18: PostgresServer) -> None:
    class Driver:
        """The driver, but that it cannot read what came."""

        async def fetch(self, _sql: str) -> None:
            raise error

        def __getattr__(self, name: str) -> object:
            return getattr(real.driver, name)

    real = await connect(target_of(postgres18.dsn()))
    with pytest.raises(CannotInspect, match="make no sense as PostgreSQL's"):
        await fetch_rows(replace(real, driver=Driver()), "SELECT 1")  # type: ignore[arg-type]
    assert real.driver.is_closed()
