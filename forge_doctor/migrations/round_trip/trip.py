"""Takes every revision up, down and up again, without rows and with, each time on a database made for it; judges nothing.

Two databases grow from revision to revision, one without rows and one with. A revision is tried on a copy of the one with
rows, so that what it breaks is not in the way of the next; where something went wrong, on a copy of the other as well.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any

from forge_doctor.dataclass import dataclass, field, replace
from forge_doctor.migrations.round_trip.catalogue import Catalogue, difference, read_catalogue
from forge_doctor.migrations.round_trip.rows.extremes import Extreme, extremes, met
from forge_doctor.migrations.round_trip.rows.fill import fill
from forge_doctor.migrations.round_trip.trial import Revision, Rows, Stage, Stopped, Trial
from forge_doctor.probes.alembic_runner.process import Answer, Child, Failure
from forge_doctor.probes.throw_away.databases import Databases
from forge_doctor.sql.quoting import quote_identifier

STEP_S = 120.0
Progress = Callable[[int, int, str], None]
MISSING_ROLE = re.compile(r'^role "(.+)" does not exist$')
REFUSES = frozenset({"NotImplementedError", "IrreversibleMigration", "IrreversibleError"})


@dataclass(slots=True)
class Journey:
    """What has been seen so far."""

    trials: list[Trial] = field(default_factory=list)
    refusing: list[Revision] = field(default_factory=list)
    stopped: Stopped | None = None
    tried: int = 0
    rows_made: int = 0
    without_rows: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Traveller:
    """Takes the steps. `given` are the statements of the user's own rows."""

    def __init__(self, child: Child, made: Databases, *, given: str = "", own_server: bool = True) -> None:
        self._child = child
        self._made = made
        self._given = given
        self._own_server = own_server
        self._version_tables: tuple[tuple[str, str], ...] = ()
        self._roles: set[str] = set()
        self._copies = 0
        self._rows = Rows.MADE
        self._states: tuple[Catalogue, Catalogue] = ({}, {})
        self.journey = Journey()

    async def travel(self, revisions: Sequence[Revision], only: frozenset[str] | None, progress: Progress) -> None:
        """Through all revisions; round trips for those of `only` (None: all)."""
        empty, filled = await self._made.make("empty"), await self._made.make("filled")
        wanted_ids = [one.id for one in revisions if only is None or one.id in only]
        total = len(wanted_ids)
        for wanted, run in itertools.groupby(revisions, key=lambda one: one.id in wanted_ids):
            if self.journey.tried == total:
                return  # what follows is on nobody's way
            if not wanted:
                passed = await self._only_up(tuple(run), empty, filled)
                if passed is None:
                    return
                filled = passed
                continue
            for revision in run:
                await self._begin(revision, filled)
                progress(self.journey.tried, total, revision.id)
                following = await self._try_both(revision, empty, filled)
                if following is None:
                    return
                empty, filled = following
                self.journey.tried += 1

    async def _begin(self, revision: Revision, filled: str) -> None:
        """Put the user's own rows in where they fit for the first time."""
        if self._given and self._rows is Rows.MADE and await self._load_given(filled):
            self._rows = Rows.GIVEN
            self.journey.notes.append(f"the rows given fit before {revision.id}, and were put in there")

    async def _load_given(self, database: str) -> bool:
        async with self._made.session(database) as session:
            return not await session.try_statements("SET search_path TO DEFAULT", self._given)

    async def _only_up(self, revisions: Sequence[Revision], empty: str, filled: str) -> str | None:
        """All of these at once, since they are only on the way; the database with rows afterwards, None where it ends."""
        ids = [one.id for one in revisions]
        answer = await self._steps(empty, ids, up=True)
        if answer.failure is not None:
            paths = {frame.path for frame in answer.failure.frames}
            self._stop(next((one for one in revisions if one.file in paths), revisions[-1]), answer.failure)
            return None
        if (await self._steps(filled, ids, up=True)).failure is None:
            return filled
        await self._made.drop(filled)
        return await self._copy(empty)

    async def _try_both(self, revision: Revision, empty: str, filled: str) -> tuple[str, str] | None:
        """The two databases after this revision; None where it cannot be upgraded at all."""
        await self._fill(filled)
        full = await self._try_on_copy(revision, filled, self._rows)
        if not self._given and full.failed is not Stage.UPGRADE:
            await self._try_extremes(revision, filled, full)
        if not _is_clean(full) and not await self._try_bare(revision, empty, full):
            return None
        answer = await self._step(empty, revision, up=True)
        if answer.failure is not None:
            self._stop(revision, answer.failure)
            return None
        if full.failed is not Stage.UPGRADE and (await self._step(filled, revision, up=True)).failure is None:
            return empty, filled
        # With these rows it goes no further: the journey goes on with new ones.
        await self._made.drop(filled)
        return empty, await self._copy(empty)

    async def _try_bare(self, revision: Revision, empty: str, full: Trial) -> bool:
        """Whether what went wrong has to do with the rows; False where it cannot be upgraded without them either."""
        bare = await self._try_on_copy(revision, empty, Rows.NONE)
        if bare.failed is Stage.UPGRADE:
            self._stop(revision, bare.failure)
            return False
        self.journey.trials.append(bare)
        if _told_by(full) != _told_by(bare):
            self.journey.trials.append(full)
        return True

    async def _try_extremes(self, revision: Revision, filled: str, full: Trial) -> None:
        """With rows as only the wider of the two schemas takes them, where one is wider."""
        start, upgraded = self._states
        forbidden = extremes(start, upgraded)
        if forbidden:
            copy = await self._copy(filled)
            await self._refused(revision, copy, forbidden, Stage.UPGRADE)
            await self._made.drop(copy)
        allowed = extremes(upgraded, start) if revision.undoes and full.failed is None else ()
        if allowed and revision not in self.journey.refusing:
            copy = await self._copy(filled)
            if (await self._step(copy, revision, up=True)).failure is None:
                await self._fill(copy)
                await self._refused(revision, copy, allowed, Stage.DOWNGRADE)
            await self._made.drop(copy)

    async def _refused(self, revision: Revision, database: str, wanted: Sequence[Extreme], stage: Stage) -> None:
        """Make such rows and take the step; what they are refused for is kept."""
        async with self._made.session(database) as session:
            made = [one for one in wanted if not await session.try_statements(one.make)]
        failure = (await self._step(database, revision, up=stage is Stage.UPGRADE)).failure if made else None
        told = met(made, failure.sqlstate) if failure is not None else ()
        if told:
            trial = Trial(revision=revision, rows=Rows.EXTREME, failed=stage, failure=failure)
            said, counts = tuple(one.said for one in told), tuple(one.count for one in told if one.count)
            self.journey.trials.append(replace(trial, extremes=said, counts=counts))

    async def _try_on_copy(self, revision: Revision, database: str, rows: Rows) -> Trial:
        copy = await self._copy(database)
        trial = await self._try(revision, copy, rows)
        await self._made.drop(copy)
        return trial

    async def _try(self, revision: Revision, database: str, rows: Rows) -> Trial:
        start = await self._catalogue(database)
        trial = Trial(revision=revision, rows=rows, columns=_columns(start))
        answer = await self._step(database, revision, up=True)
        if answer.failure is not None:
            return replace(trial, failed=Stage.UPGRADE, failure=answer.failure)
        upgraded = await self._catalogue(database)
        self._states = (start, upgraded)
        trial = replace(trial, columns_after=_columns(upgraded))
        if not revision.undoes:
            return trial
        if rows is not Rows.NONE:
            await self._fill(database)
        answer = await self._step(database, revision, up=False)
        if answer.failure is not None:
            return self._not_undone(trial, answer.failure)
        return await self._again(trial, database, start, upgraded)

    def _not_undone(self, trial: Trial, failure: Failure) -> Trial:
        if failure.kind in REFUSES or _is_refusal(trial.revision, failure):
            if trial.revision not in self.journey.refusing:
                self.journey.refusing.append(trial.revision)
            return trial
        return replace(trial, failed=Stage.DOWNGRADE, failure=failure)

    async def _again(self, trial: Trial, database: str, start: Catalogue, upgraded: Catalogue) -> Trial:
        downgraded = await self._catalogue(database)
        undone = difference(start, downgraded)
        idle = bool(undone) and not difference(upgraded, downgraded)
        trial = replace(trial, undone=undone, idle=idle)
        answer = await self._step(database, trial.revision, up=True)
        if answer.failure is not None:
            return replace(trial, failed=Stage.AGAIN, failure=answer.failure)
        return replace(trial, redone=difference(upgraded, await self._catalogue(database)))

    async def _step(self, database: str, revision: Revision, *, up: bool) -> Answer:
        return await self._steps(database, [revision.id], up=up)

    async def _steps(self, database: str, revisions: list[str], *, up: bool) -> Answer:
        limit_s = STEP_S + len(revisions)
        answer = await self._child.order("step", limit_s=limit_s, database=database, revisions=revisions, up=up)
        role = MISSING_ROLE.search(answer.failure.message) if answer.failure else None
        if role is not None and self._own_server and role[1] not in self._roles:
            # Its transaction is rolled back: nothing of it was kept.
            self._roles.add(role[1])
            await self._made.make_role(role[1])
            return await self._steps(database, revisions, up=up)
        if "version_tables" in answer.facts:
            self._version_tables = tuple((schema, name) for schema, name in answer.facts["version_tables"])
        return answer

    async def _catalogue(self, database: str) -> Catalogue:
        async with self._made.session(database) as session:
            return await read_catalogue(session, self._version_tables)

    async def _fill(self, database: str) -> None:
        own = {
            f"{quote_identifier(schema or 'public')}.{quote_identifier(name)}" for schema, name in self._version_tables
        }
        plain = {f"{schema or 'public'}.{name}" for schema, name in self._version_tables}
        async with self._made.session(database) as session:
            filled = await fill(session, frozenset(own | plain))
        self.journey.rows_made += filled.rows
        self.journey.without_rows.update(filled.without)

    async def _copy(self, database: str) -> str:
        self._copies += 1
        return await self._made.make(f"copy{self._copies}", database)

    def _stop(self, revision: Revision, failure: Failure | None) -> None:
        self.journey.stopped = Stopped(revision=revision, failure=failure)


def _is_refusal(revision: Revision, failure: Failure) -> bool:
    """Whether the downgrade itself says that there is no way back, by an exception of whatever class."""
    last = failure.frames[-1] if failure.frames else None
    return last is not None and last.path == revision.file and last.line in revision.refusals


def _columns(catalogue: Catalogue) -> frozenset[str]:
    return frozenset(key.name for key in catalogue if key.kind == "column")


def _is_clean(trial: Trial) -> bool:
    """Nothing to tell with rows: then there is nothing without them, but for an upgrade that needs some."""
    return trial.failed is None and not trial.undone and not trial.redone and trial.revision.undoes


def _told_by(trial: Trial) -> Any:
    """What of a trial makes it another finding."""
    return (trial.failed, trial.failure.sqlstate if trial.failure else "", trial.undone, trial.idle)
