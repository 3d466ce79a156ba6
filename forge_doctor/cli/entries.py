"""Everything that can be explained: the checks, rules and signatures of all commands; loads all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from forge_doctor.check import Check
from forge_doctor.finding import Severity

if TYPE_CHECKING:
    from forge_doctor.logs.signature import Signature
    from forge_doctor.settings import Settings


def entries_by_command() -> Iterator[tuple[str, Iterable[Check[Any]]]]:
    """What each command can find."""
    from forge_doctor.check import load
    from forge_doctor.lint import rules
    from forge_doctor.logs.problems import unknown_error
    from forge_doctor.logs.signature import load_signatures
    from forge_doctor.migrations.chosen import own_checks
    from forge_doctor.pool import checks as pool_checks
    from forge_doctor.slow import checks as slow_checks
    from forge_doctor.suppression import ignores
    from forge_doctor.triage.cause import load_causes
    from forge_doctor.triage.report import SEVERITIES

    yield (
        "triage",
        tuple(
            Check(
                id=cause.id,
                summary=cause.summary,
                manual=cause.manual,
                severity=SEVERITIES[cause.urgency],
                run=lambda: (),
                aliases=cause.aliases,
                tags=cause.about.tags,
            )
            for cause in load_causes().values()
        ),
    )
    yield "pool", load(pool_checks)
    yield "slow", load(slow_checks)
    yield "lint", sorted((*load(rules), *load(ignores)), key=lambda entry: entry.id)
    yield "migrations", sorted(own_checks(), key=lambda entry: entry.id)
    unknown = Check(
        id=unknown_error.UNKNOWN,
        summary=unknown_error.MANUAL.partition("\n")[0].rstrip("."),
        manual=unknown_error.MANUAL,
        severity=Severity.WARNING,
        run=lambda: (),
    )
    yield "logs", sorted((*map(explained, load_signatures().values()), unknown), key=lambda entry: entry.id)


def every_id() -> frozenset[str]:
    """All ids, of every command."""
    return frozenset(entry.id for _, entries in entries_by_command() for entry in entries)


def reject_unknown_limits(settings: Settings) -> None:
    """Raise `UsageProblem` for limits of what no command knows; loads nothing where there are none."""
    if settings.limits:
        settings.reject_unknown_limits(entry for _, entries in entries_by_command() for entry in entries)


def explained(signature: Signature) -> Check[Any]:
    """A log signature as what can be explained; it runs nothing."""
    return Check(
        id=signature.id,
        summary=signature.summary,
        manual=signature.about.manual,
        severity=signature.severity,
        run=lambda: (),
        aliases=signature.aliases,
        tags=signature.about.tags,
    )
