"""Which known fault a failure is, by its SQLSTATE and its sentence, and how sure that is; looks at nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forge_doctor.dataclass import dataclass
from forge_doctor.finding import Confidence, Severity
from forge_doctor.migrations.round_trip.trial import Rows, Stage, Trial

if TYPE_CHECKING:
    from forge_doctor.probes.alembic_runner.process import Failure

NULLS = re.compile(r'column "(?P<column>[^"]{1,200})" of relation "(?P<table>[^"]{1,200})" contains null values')
# Of a revision that never ran anywhere but here: what the throw-away server lacks is not its fault.
NOT_HERE = re.compile(
    r"^(?:extension|could not open extension control file|language|role|tablespace|collation|text search configuration) .*"
    r'(?:is not available|does not exist|No such file)|must be loaded via "?shared_preload_libraries|'
    r"^could not (?:load|access) (?:library|file)",
    re.IGNORECASE,
)
NO_FUNCTION = "42883"  # it may be that of an extension that somebody else installs
DATA = ("22", "23")  # SQLSTATE classes: what the rows hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """`check` is the fault's id, empty where none is known; `mend` what to write instead; `by_any_row` says that it fails
    whatever the rows hold."""

    check: str = ""
    severity: Severity
    confidence: Confidence = Confidence.HIGH
    mend: str = ""
    by_any_row: bool = False


def lacks_here(failure: Failure) -> bool:
    """Whether it failed for what a new server does not have."""
    return failure.sqlstate in ("0A000", "58P01", "42704", "22023", "55000") and bool(NOT_HERE.search(failure.message))


def cause_of(trial: Trial) -> Cause:
    """What the failure of a trial is."""
    failure = trial.failure
    if failure is None or trial.failed is None:
        return Cause(severity=Severity.INFO, confidence=Confidence.LOW)
    if trial.rows is Rows.EXTREME:
        return _of_extreme(trial, failure)
    find = {Stage.UPGRADE: _of_upgrade, Stage.DOWNGRADE: _of_downgrade, Stage.AGAIN: _of_second}[trial.failed]
    found = find(trial, failure)
    if trial.rows is Rows.MADE and failure.sqlstate.startswith(DATA) and not (found.check or found.by_any_row):
        # The rows are ours: those of the application may be others.
        weaker = Confidence.MEDIUM if failure.sqlstate in ("23502", "22001") else Confidence.LOW
        return Cause(severity=Severity.WARNING, confidence=weaker, mend=found.mend)
    return found


def _of_extreme(trial: Trial, failure: Failure) -> Cause:
    """Whether the application has such rows is not known here: what the upgrade has allowed it will have."""
    looked = "".join(f"\n{one}   -- 0 rows? then it goes through" for one in trial.counts)
    if trial.failed is Stage.DOWNGRADE:
        mend = (
            "in downgrade(), first change the rows that the old schema does not take, or say that there is no way back"
        )
        return Cause(severity=Severity.WARNING, confidence=Confidence.MEDIUM, mend=mend + looked)
    mend = "in upgrade(), first change the rows that the new schema does not take; before the deployment look for them"
    if failure.sqlstate == "23502":
        return Cause(severity=Severity.WARNING, confidence=Confidence.MEDIUM, mend=mend + looked)
    return Cause(severity=Severity.INFO, confidence=Confidence.LOW, mend=mend + looked)


def _of_upgrade(trial: Trial, failure: Failure) -> Cause:
    nulls = NULLS.search(failure.message)
    if failure.sqlstate == "23502" and nulls and f"{nulls['table']}.{nulls['column']}" not in trial.columns:
        mend = "give the column a server_default, or add it nullable, fill it, and set NOT NULL in a later revision"
        return Cause(check="not-null-without-default", severity=Severity.CRITICAL, mend=mend)
    if failure.sqlstate == "55P04":
        mend = "with op.get_context().autocommit_block(): around ALTER TYPE ... ADD VALUE, or an earlier revision"
        return Cause(check="enum-value-used-in-transaction", severity=Severity.CRITICAL, mend=mend)
    if failure.sqlstate == "25001":
        mend = "with op.get_context().autocommit_block(): around it"
        return Cause(check="concurrently-in-transaction", severity=Severity.CRITICAL, mend=mend)
    if "multiple commands" in failure.message:
        return Cause(check="multiple-statements", severity=Severity.CRITICAL, mend="one op.execute() a statement")
    if failure.sqlstate in ("42703", "42P01") and any("/orm/" in frame.path for frame in failure.frames):
        mend = "name the columns it needs with sa.table() and sa.column(), not the application's model of today"
        return Cause(check="orm-model-in-migration", severity=Severity.ERROR, mend=mend)
    if failure.sqlstate in ("42703", "42P01", "42704", "3F000", NO_FUNCTION):
        # The tree may begin on tables that something else made.
        return Cause(severity=Severity.ERROR, confidence=Confidence.MEDIUM)
    return Cause(severity=Severity.CRITICAL, confidence=Confidence.HIGH if failure.sqlstate else Confidence.MEDIUM)


def _of_downgrade(trial: Trial, failure: Failure) -> Cause:
    if "Can't emit DROP CONSTRAINT" in failure.message:
        mend = 'give the constraint its name: op.drop_constraint("name", ...), or MetaData a naming_convention'
        return Cause(check="drop-unnamed-constraint", severity=Severity.CRITICAL, mend=mend)
    if failure.sqlstate == "2BP01":
        return Cause(
            check="downgrade-order",
            severity=Severity.ERROR,
            mend="drop what depends on it first: the reverse of upgrade()",
        )
    if failure.sqlstate == "42710" and failure.message.startswith("type "):
        mend = "create_type=False on the column's postgresql.ENUM, or leave out the create()"
        return Cause(check="enum-created-twice", severity=Severity.CRITICAL, mend=mend)
    if failure.sqlstate in ("42703", "42P01", "42704"):
        return Cause(
            check="downgrade-mismatch", severity=Severity.ERROR, mend="undo what upgrade() does, by the same names"
        )
    if failure.sqlstate == "23502":
        mend = "a server_default on the column it puts back, or nullable=True: the rows have no value for it"
        nulls = NULLS.search(failure.message)
        put_back = nulls is not None and f"{nulls['table']}.{nulls['column']}" not in trial.columns_after
        return Cause(severity=Severity.ERROR, mend=mend, by_any_row=put_back)
    sure = failure.sqlstate not in ("", NO_FUNCTION)
    return Cause(severity=Severity.ERROR, confidence=Confidence.HIGH if sure else Confidence.MEDIUM)


def _of_second(_: Trial, failure: Failure) -> Cause:
    if failure.sqlstate == "42710" and failure.message.startswith("enum label "):
        mend = "ALTER TYPE ... ADD VALUE IF NOT EXISTS: PostgreSQL cannot take the value out again"
        return Cause(severity=Severity.WARNING, mend=mend)
    return Cause(severity=Severity.ERROR)
