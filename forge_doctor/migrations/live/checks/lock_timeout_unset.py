"""Pending revisions lock tables in use, and nothing limits how long they wait for it.

Why:
    A statement that waits for ACCESS EXCLUSIVE stops everybody who comes after it: one session idle in transaction is
    enough to close the table until somebody ends it. With lock_timeout the migration gives up instead.

Measures:
    lock_timeout as a new session of this role has it (0: none), every ALTER ROLE and ALTER DATABASE that sets it, the word
    lock_timeout in env.py, and the locks of the pending operations on tables that are there.

Wrong when:
    The role that migrates is another one, or its URL sets it (`options`, `server_settings`): a setting for any role or for
    the database silences this, and the confidence is medium.

Source:
    PostgreSQL documentation, lock_timeout; seen on 17: a plain SELECT waits behind an ALTER TABLE that waits.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.migrations.live.placement import Placement
from forge_doctor.migrations.live.situation import Situation
from forge_doctor.migrations.live.wording import names

NONE = ("0", "0ms", "0s")


@check(severity=Severity.WARNING)
def examine(situation: Situation, _limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding a tree."""
    server = situation.server
    if server.lock_timeout_ms or any(one.value not in NONE for one in server.lock_timeouts):
        return
    for placement in situation.placements:
        if not _sets_it(placement):
            locked = [one for one in situation.costs if one.stops_writes and one.step.revision in _pending(placement)]
            if locked:
                tables = sorted({one.table.label for one in locked})
                yield _finding(situation, placement, tables, sorted({one.step.revision.id for one in locked}))


def _pending(placement: Placement) -> list[object]:
    return [change.revision for change in placement.pending]


def _sets_it(placement: Placement) -> bool:
    """Whether env.py, or any pending revision itself, says the word."""
    files = [placement.history.tree.env, *(change.revision.file for change in placement.pending)]
    return any(b"lock_timeout" in one.data for one in files if one is not None)


def _finding(situation: Situation, placement: Placement, tables: list[str], revisions: list[str]) -> Finding:
    env = placement.history.tree.place.env.name
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"{len(revisions)} pending revisions ({names(revisions)}) lock tables that are in use ({names(tables)}), and "
        f"lock_timeout is 0 for role {situation.server.role}: while one waits for its lock, every later query of the table "
        "waits behind it.",
        location=situation.here,
        evidence=(Evidence(label="lock_timeout", value=0, unit="ms", source="pg_settings.reset_val"),),
        remedy=f"in {env}, before context.run_migrations(): connection.execute(text(\"SET lock_timeout = '4s'\"))\n"
        "and run alembic upgrade again where it gave up",
    )
