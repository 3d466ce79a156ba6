"""Findings known and accepted for now, kept in a file; knows them again by what their line says, not by its number.

Lines are kept as digests, since a line may hold a password.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Finding
from forge_doctor.whole_file import read_whole

SCHEMA = "forge-doctor-baseline/1"


class Fingerprint(NamedTuple):
    """A finding wherever its line moves to within its file: `code` is the digest of the line without its blanks."""

    path: str
    check: str
    code: str


Known = Mapping[Fingerprint, int]


def fingerprint(finding: Finding, path: str, line: str) -> Fingerprint:
    """`path` is relative to the project; `line` is the source line the finding stands on."""
    code = hashlib.sha256("".join(line.split()).encode("utf-8", "backslashreplace")).hexdigest()[:16]
    return Fingerprint(path=path, check=finding.check, code=code)


def unknown(findings: Iterable[tuple[Finding, Fingerprint]], known: Known) -> tuple[tuple[Finding, ...], Known]:
    """The findings beyond those known, and what is known but was not found; of equal ones the first are known."""
    left = Counter(known)
    fresh = []
    for finding, print_ in sorted(findings, key=lambda one: (one[0].location.line or 0, one[0].location.column or 0)):
        if left[print_] > 0:
            left[print_] -= 1
        else:
            fresh.append(finding)
    return tuple(sorted(fresh, key=lambda finding: finding.rank)), +left


def merged(before: Known, fresh: Known, looked_at: Container[str], exists: Callable[[str], bool]) -> Known:
    """What a new baseline holds: what was found, and what was known of files that were not looked at and still are."""
    kept = {print_: count for print_, count in before.items() if print_.path not in looked_at and exists(print_.path)}
    return {**kept, **fresh}


def read_baseline(path: Path, option: str = "--baseline") -> Known:
    """Raises `UsageProblem` naming the file for anything but a baseline of ours."""
    mend = f"write it anew with --write-baseline {path}"
    try:
        document = json.loads(read_whole(path).decode("utf-8"))
    except FileNotFoundError as error:
        raise UsageProblem(f"{option} {path}: there is no such file; {mend}") from error
    except OSError as error:
        raise UsageProblem(f"{option} {path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageProblem(f"{option} {path}: is not JSON ({error}); {mend}") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UsageProblem(f"{option} {path}: is no baseline of this version (schema {SCHEMA!r} expected); {mend}")
    try:
        return Counter({_print(entry): _count(entry) for entry in document["findings"]})
    except (KeyError, TypeError, ValueError) as error:
        raise UsageProblem(f"{option} {path}: has an entry that is none ({error}); {mend}") from error


def _print(entry: Any) -> Fingerprint:
    values = [entry[key] for key in Fingerprint._fields]
    if not all(isinstance(value, str) for value in values):
        raise TypeError(f"{entry!r}: path, check and code must be strings")
    return Fingerprint(*values)


def _count(entry: Any) -> int:
    count = entry["count"]
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise ValueError(f"{entry!r}: count must be a whole number from 1")
    return count


def baseline_text(known: Known) -> str:
    """The file's content: sorted, an entry a line, so that a change of it reads well."""
    rows = [json.dumps({**print_._asdict(), "count": known[print_]}, ensure_ascii=False) for print_ in sorted(known)]
    entries = ",\n".join(f"    {row}" for row in rows)
    listing = f"[\n{entries}\n  ]" if rows else "[]"
    return f'{{\n  "schema": "{SCHEMA}",\n  "findings": {listing}\n}}\n'
