"""Turns what pgbouncer's console says into the snapshot's types; asks it nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forge_doctor.pool.snapshot import Bouncer, BouncerLink, BouncerPool
from forge_doctor.probes.postgres.pgbouncer import BouncerConsole
from forge_doctor.probes.processes.workers import Endpoint

Row = Mapping[str, Any]


def bouncer_of(console: BouncerConsole) -> Bouncer:
    """What the admin console says; `pools` is None where it refused SHOW POOLS.

    SHOW POOLS has 12 columns in 1.15 and 17 in 1.24; maxwait is in s, maxwait_us the rest in us.
    """
    config = console.config
    return Bouncer(
        version=console.version,
        address=console.address,
        pool_mode=config.get("pool_mode", ""),
        default_pool_size=_number(config.get("default_pool_size")),
        max_client_conn=_number(config.get("max_client_conn")),
        max_prepared_statements=_number(config.get("max_prepared_statements")),
        pools=None if "POOLS" in console.refused else tuple(map(_bouncer_pool, _served(console.pools))),
        why_not=console.refused.get("POOLS", ""),
        links=tuple(_links(console)),
    )


def _links(console: BouncerConsole) -> Iterator[BouncerLink]:
    """Each client that has a server connection now: `link` names the other's `ptr`, in both lists."""
    backends = {row.get("ptr"): row.get("remote_pid") or "" for row in console.servers}
    for row in console.clients:
        port, backend = row.get("port") or "", backends.get(row.get("link") or None, "")
        if port.isdigit() and backend.isdigit() and int(backend):
            client = Endpoint(address=row.get("addr") or "", port=int(port))
            yield BouncerLink(client=client, backend_pid=int(backend))


def _served(rows: Sequence[Row]) -> Iterator[Row]:
    """The pools of real databases: the console lists itself as one."""
    return (row for row in rows if row["database"] != "pgbouncer")


def _bouncer_pool(row: Row) -> BouncerPool:
    return BouncerPool(
        database=row["database"],
        user=row["user"],
        clients_active=int(row["cl_active"]),
        clients_waiting=int(row["cl_waiting"]),
        servers_active=int(row["sv_active"]),
        servers_idle=int(row["sv_idle"]),
        max_wait_s=int(row["maxwait"]) + int(row.get("maxwait_us") or 0) / 1e6,
        mode=row.get("pool_mode") or "",
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.lstrip("-").isdigit() else None
