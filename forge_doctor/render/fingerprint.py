"""Fingerprints by which a platform knows a finding again; lines and numbers do not change them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from forge_doctor.finding import Finding
from forge_doctor.regex import regex
from forge_doctor.render.digest import is_file

_NUMBER = regex(r"\d+(?:\.\d+)?")


def fingerprints(findings: Iterable[Finding]) -> tuple[str, ...]:
    """One for each finding, in order, no two the same."""
    seen: Counter[str] = Counter()
    made = []
    for found in findings:
        key = _identity(found)
        seen[key] += 1
        made.append(hashlib.sha256(f"{key}\0{seen[key]}".encode("utf-8", "backslashreplace")).hexdigest()[:32])
    return tuple(made)


def _identity(found: Finding) -> str:
    """The check, the place without its lines, the message without its figures.

    Numbers in a path belong to its name; those of a process or a session change from run to run.
    """
    target = found.location.target
    place = target if is_file(found.location) else _NUMBER.sub("0", target)
    return "\0".join((found.check, place, _NUMBER.sub("0", found.message)))
