"""What migrations say of one revision or env.py as an editor holds it; knows no protocol."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from forge_doctor.cli.flags.migrations import Flags
from forge_doctor.cli.flags.shared import SharedFlags
from forge_doctor.cli.report_options import report_options
from forge_doctor.dataclass import replace
from forge_doctor.errors import CannotInspect
from forge_doctor.finding import Confidence, Finding
from forge_doctor.redaction.held import without_held

ENV = "env.py"
FOLDERS_UP = 4


def is_migration(file: Path, data: bytes) -> bool:
    """Whether it may be a revision or an env.py, by its own bytes."""
    return b"alembic" in data and (file.name == ENV or b"down_revision" in data)


def diagnose_migration(file: Path, overlay: Mapping[Path, bytes]) -> tuple[Finding, ...]:
    """The findings in a file of a tree, with these texts in the place of what lies on the disk; none where there is no tree.

    Of the other revisions only the order is judged.
    """
    tree = tree_around(file.resolve())
    if tree is None:
        return ()
    from forge_doctor.cli.sessions.migrations import requested
    from forge_doctor.migrations.history import History
    from forge_doctor.migrations.run import run_migrations

    def only_this(history: History) -> frozenset[str]:
        return frozenset(one.id for one in history.tree.revisions if one.file.absolute == file.resolve())

    options = report_options(
        "migrations", SharedFlags(no_color=True), fail_confidence=Confidence.HIGH, near=file.parent
    )
    request = requested(Flags(paths=(tree,), every=True, no_live=True, no_cache=True), options)
    request = replace(
        request, overlay={path.resolve(): data for path, data in overlay.items()}, narrow=only_this, baseline={}
    )
    try:
        reports = [one.report for one in run_migrations(request)]
    except CannotInspect:
        return ()
    shown = [
        without_held(one).judged_by(options.settings.severities).at_least(options.min_confidence) for one in reports
    ]
    here = [
        one
        for report in shown
        for one in report.findings
        if (request.here / one.location.target).resolve() == file.resolve()
    ]
    return tuple({(one.check, one.location): one for one in here}.values())


def tree_around(file: Path) -> Path | None:
    """The alembic.ini, or the folder of an env.py, that a file belongs to."""
    above = file.parents[:FOLDERS_UP]
    folder = next((one for one in above if (one / ENV).is_file()), None)
    if folder is None:
        return None
    near = (folder, *folder.parents[: FOLDERS_UP - 1])
    return next((one / "alembic.ini" for one in near if (one / "alembic.ini").is_file()), folder)
