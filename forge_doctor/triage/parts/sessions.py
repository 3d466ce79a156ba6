"""The part `pool`: one look at the server and at the processes; nothing is judged yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from forge_doctor.errors import CannotInspect
from forge_doctor.pool.collect import Examination, Request
from forge_doctor.pool.server.answers import Answers
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.pool.topology import Told
from forge_doctor.triage.facts import Case


def look(
    case: Case,
    *,
    duration_s: float,
    connect_timeout_s: float,
    show_query: bool,
    answered: Callable[[Answers], None],
) -> PoolSnapshot:
    """The snapshot of the case's server; several looks within `duration_s` where that is not 0; `answered` is given what
    the server said first, as soon as the connection can be spared. Raises `CannotInspect`."""
    if case.target is None:
        raise CannotInspect("no database was found to look at: pass --dsn URL")
    sources = [one.source.here for one in case.applications if one.source is not None]
    engines: list[Any] = [one.engine for one in case.applications if one.engine is not None]

    def told(answers: Answers) -> None:
        # What the source says of the sessions takes longer than they do: the slot is free for another part meanwhile.
        if not duration_s:
            examination.close()
        answered(answers)

    examination = Examination(
        Request(
            target=case.target,
            told=Told(),
            engine=engines[0] if engines else None,
            # Of several applications each session's own process says where its source is.
            source=sources[0] if len(case.applications) == 1 and sources else None,
            connect_timeout_s=connect_timeout_s,
            show_query=show_query,
        ),
        told,
    )

    async def looked() -> PoolSnapshot:
        try:
            return await (examination.looks(duration_s) if duration_s else examination.look(is_only=True))
        finally:
            examination.close()

    return asyncio.run(looked())
