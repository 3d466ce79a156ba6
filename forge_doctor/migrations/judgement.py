"""What was found out of one tree, before a baseline takes anything away; a value that can be kept for the next run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from forge_doctor.finding import Finding, NotRun
from forge_doctor.suppression.baseline import Fingerprint

if TYPE_CHECKING:
    from forge_doctor.migrations.history import History
    from forge_doctor.report import Report


class Judgement(NamedTuple):
    """`files` are those looked at, `seen` what databases and throw-away servers said; `history` is what the tree does,
    None where nothing was read anew."""

    subject: str
    headline: str
    findings: tuple[tuple[Finding, Fingerprint], ...]
    not_run: tuple[NotRun, ...]
    muted: int
    files: tuple[Path, ...]
    inspected: Mapping[str, int]
    data: Mapping[str, Any]
    history: History | None = None
    seen: tuple[Report, ...] = ()
