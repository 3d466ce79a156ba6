"""`[tool.forge-doctor]` of pyproject.toml, or forge-doctor.toml without that prefix; rejects what it does not know.

The file nearest to what is examined counts, so that each project of a monorepo has its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from forge_doctor.check import Check, Limits, nearest
from forge_doctor.dataclass import dataclass, field
from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Severity
from forge_doctor.settings.keys import GENERAL_KEYS, SECTION_KEYS, SELECTION_KEYS
from forge_doctor.settings.values import TABLE, checked_values, expect, parse_limits, parse_severities
from forge_doctor.whole_file import read_whole

NAME = "forge-doctor"
OWN_FILE = f"{NAME}.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the project's configuration says; `path` is None where there is none.

    `general` and each of `sections` map a key to its value; `limits` maps a check's id to the
    thresholds it overrides, `severities` to the severity its findings are to have.
    """

    path: Path | None = None
    general: Mapping[str, Any] = field(default_factory=dict)
    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    limits: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    severities: Mapping[str, Severity] = field(default_factory=dict)

    def get(self, key: str, section: str = "") -> Any:
        """The value of `key` in `section`, else in the general table, else None."""
        own = self.sections.get(section, {})
        return own[key] if key in own else self.general.get(key)

    def source(self, flag: object, key: str) -> str:
        """What a message names a value by: the option, or where the configuration is and its key."""
        return f"--{key}" if flag else f"{self.path}: {key!r}"

    def limits_of(self, check: Check[Any]) -> Limits:
        """The check's thresholds, the user's over its own."""
        return MappingProxyType({**check.limits, **self.limits.get(check.id, {})})

    def reject_unknown_limits(self, checks: Iterable[Check[Any]]) -> None:
        """Raise `UsageProblem` for limits of an unknown check, or that the check does not have."""
        known: dict[str, set[str]] = {}
        for check in checks:  # one fault may be found by two commands, each with limits of its own
            known.setdefault(check.id, set()).update(check.limits)
        for check_id, limits in self.limits.items():
            table = f"[{TABLE}.limits.{check_id}]"
            if check_id not in known:
                raise UsageProblem(f"{self.path}: {table} names no check{nearest(check_id, known)}")
            for key in limits.keys() - known[check_id]:
                raise UsageProblem(f"{self.path}: unknown key {key!r} in {table}{nearest(key, known[check_id])}")


def find_configuration(start: Path) -> Path | None:
    """The nearest file at or above `start` with our settings, forge-doctor.toml before pyproject.toml; None without."""
    for folder in (start, *start.parents):
        for candidate in (folder / OWN_FILE, folder / "pyproject.toml"):
            if _is_there(candidate) and _our_table(candidate) is not None:
                return candidate
    return None


def _is_there(path: Path) -> bool:
    """False too in a folder that is closed to us: what is above it still counts."""
    try:
        return path.is_file()
    except OSError:
        return False


def load_settings(start: Path, explicit: Path | None = None) -> Settings:
    """Settings from `explicit`, else from the nearest configuration at or above `start`.

    Raises `UsageProblem` naming the file, the key and the nearest valid key.
    """
    path = explicit or find_configuration(start)
    if path is None:
        return Settings()
    table = _our_table(path)
    if table is None:
        raise UsageProblem(f"{path}: has no [{TABLE}] table")
    return parse_settings(table, path)


def parse_settings(table: Mapping[str, Any], path: Path) -> Settings:
    """The checked content of our table; the limits' names are checked where the checks are known."""
    general: dict[str, Any] = {}
    sections: dict[str, Mapping[str, Any]] = {}
    limits: dict[str, Mapping[str, float]] = {}
    severities: dict[str, Severity] = {}
    for key, value in table.items():
        if key == "limits":
            limits = parse_limits(value, path)
        elif key == "severity":
            severities = parse_severities(value, path)
        elif key in SECTION_KEYS:
            expect(isinstance(value, dict), path, f"[{TABLE}.{key}] must be a table")
            known = {**GENERAL_KEYS, **SELECTION_KEYS, **SECTION_KEYS[key]}
            sections[key] = checked_values(value, known, path, key)
        else:
            known = {**GENERAL_KEYS, **dict.fromkeys(SECTION_KEYS, dict), "limits": dict, "severity": dict}
            general |= checked_values({key: value}, known, path)
    return Settings(path=path, general=general, sections=sections, limits=limits, severities=severities)


def _our_table(path: Path) -> dict[str, Any] | None:
    try:
        text = read_whole(path).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(f"{path}: cannot be read: {error}") from error
    if path.name != OWN_FILE and NAME not in text:
        return None  # to parse what is for others takes longer than all else that is done with it
    import tomllib

    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # its own, a number of 5,000 digits, a thousand brackets
        raise UsageProblem(f"{path}: is not valid TOML: {error}") from error
    table: dict[str, Any] | None = document if path.name == OWN_FILE else document.get("tool", {}).get(NAME)
    expect(table is None or isinstance(table, dict), path, f"[{TABLE}] must be a table")
    return table
