"""Findings made by hand, for the parts of the linter that handle text and files."""

from __future__ import annotations

from forge_doctor.finding import Confidence, Edit, Finding, Location, Severity


def finding(
    check: str, line: int | None = 1, column: int = 1, end_line: int | None = None, **fields: object
) -> Finding:
    """A finding of `check` on a line of `app.py`."""
    location = Location(target="app.py", line=line, column=column if line else None, end_line=end_line)
    return Finding(
        check=check,
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        message=f"{check} on line {line}",
        location=location,
        **fields,  # type: ignore[arg-type]
    )


def edit(line: int, column: int, end_column: int, replacement: str, *, safe: bool = True) -> Edit:
    """An edit within one line of `app.py`."""
    place = Location(target="app.py", line=line, column=column, end_line=line, end_column=end_column)
    return Edit(location=place, replacement=replacement, safe=safe)
