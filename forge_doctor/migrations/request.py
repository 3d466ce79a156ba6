"""What one run over migrations is asked to look at, and what it leaves out; opens no file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from forge_doctor.code.files.walk import Scope, shown
from forge_doctor.dataclass import dataclass, field
from forge_doctor.migrations.chosen import Checks
from forge_doctor.suppression.baseline import Known
from forge_doctor.suppression.changed_lines import ChangedLines
from forge_doctor.suppression.per_file_ignores import PerFileIgnores

if TYPE_CHECKING:
    from forge_doctor.migrations.history import History


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to look at and what to leave out.

    `here` is the folder from which findings name files. `changed` narrows to the revisions in changed files and to changed
    lines of the others, `narrow` to the revisions it gives for a tree (None: all); the graph is always judged whole.
    `cache` is the folder where answers are kept for the next run (None: none are).
    """

    paths: tuple[Path, ...]
    here: Path
    scope: Scope
    checks: Checks
    per_file: PerFileIgnores = field(default_factory=PerFileIgnores)
    baseline: Known = field(default_factory=dict)
    changed: ChangedLines | None = None
    narrow: Callable[[History], frozenset[str] | None] | None = None
    overlay: Mapping[Path, bytes] = field(default_factory=dict)
    cache: Path | None = None

    @property
    def name(self) -> Callable[[Path], str]:
        """How findings name a file: from `here` where it lies below, else in full."""
        return partial(file_name, here=self.here)


def file_name(path: Path, here: Path) -> str:
    """The path from the folder, where it lies below, else in full."""
    return shown(str(path).removeprefix(f"{here}{os.sep}"))
