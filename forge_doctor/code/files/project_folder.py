"""The folder that a project begins in, by the files that stand there; reads none of them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

MARKS = ("pyproject.toml", "setup.py", "setup.cfg", ".git")


def project_around(here: Path, more_marks: Collection[str] = ()) -> Path | None:
    """The nearest folder with a mark of a project, `here` or one above it; None where there is none."""
    folders = (here, *here.parents)
    return next((one for one in folders if any((one / mark).exists() for mark in (*MARKS, *more_marks))), None)
