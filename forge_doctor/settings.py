"""`[tool.forge-doctor]` of pyproject.toml, or forge-doctor.toml without that prefix; rejects what it does not know.

The file nearest to what is examined counts, so that each project of a monorepo has its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from forge_doctor.check import Check, Limits, nearest
from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Confidence, Severity
from forge_doctor.formats import OutputFormat

NAME = "forge-doctor"
TABLE = f"tool.{NAME}"
OWN_FILE = f"{NAME}.toml"

# key -> the Python type of its TOML value; a tuple of one type is an array of it, a mapping from `str` a table with
# names of the user's own.
GENERAL_KEYS: Mapping[str, object] = MappingProxyType(
    {
        "fail-on": str,
        "fail-confidence": str,
        "min-confidence": str,
        "output-format": str,
        "color": str,
    }
)
# The checks of each command are its own, so that what to select is said in its table.
SELECTION_KEYS: Mapping[str, object] = MappingProxyType({"select": (str,), "ignore": (str,)})
SECTION_KEYS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "pool": {
            "app": str,
            "pool-size": int,
            "max-overflow": int,
            "workers": int,
            "replicas": int,
            "surge": float,
            "connect-timeout": float,
            "exclude-app": (str,),
            "only-database": (str,),
            "only-user": (str,),
        },
        "logs": {
            "app-root": (str,),
            "zone": str,
            "strip": str,
            "by": str,
            "top": int,
            "min-count": int,
            "jobs": int,
            "engine": str,
        },
        "slow": {
            "connect-timeout": float,
            "duration": float,
            "top": int,
        },
        "triage": {
            "app": str,
            "borrow-dsn": bool,
            "connect-timeout": float,
            "since": str,
        },
        "migrations": {
            "exclude": (str,),
            "gitignore": bool,
            "per-file-ignores": {str: (str,)},
            "baseline": str,
            "connect-timeout": float,
        },
        "lint": {
            "exclude": (str,),
            "force-exclude": bool,
            "gitignore": bool,
            "per-file-ignores": {str: (str,)},
            "baseline": str,
            "jobs": int,
        },
    }
)
# The least and the most of a number, as of the flag of that name.
BOUNDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "pool-size": (0, math.inf),
        "max-overflow": (-1, math.inf),
        "workers": (1, math.inf),
        "replicas": (1, math.inf),
        "surge": (1, math.inf),
        "connect-timeout": (0.1, 60),
        "duration": (0, 3600),
        "top": (1, math.inf),
        "slow.top": (1, 100),
        "min-count": (1, math.inf),
        "jobs": (1, math.inf),
    }
)
_CONFIDENCES = tuple(one.label for one in Confidence)
# The words that a key knows, in whatever case.
WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "fail-on": (*(one.label for one in Severity), "never"),
        "fail-confidence": _CONFIDENCES,
        "min-confidence": _CONFIDENCES,
        "output-format": tuple(OutputFormat),
        "color": ("auto", "always", "never"),
        "by": ("signature", "culprit", "source"),
        "engine": ("ahocorasick", "hyperscan", "re2", "stdlib"),
    }
)


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
            limits = _parse_limits(value, path)
        elif key == "severity":
            severities = _parse_severities(value, path)
        elif key in SECTION_KEYS:
            _expect(isinstance(value, dict), path, f"[{TABLE}.{key}] must be a table")
            known = {**GENERAL_KEYS, **SELECTION_KEYS, **SECTION_KEYS[key]}
            sections[key] = _checked(value, known, path, key)
        else:
            known = {**GENERAL_KEYS, **dict.fromkeys(SECTION_KEYS, dict), "limits": dict, "severity": dict}
            general |= _checked({key: value}, known, path)
    return Settings(path=path, general=general, sections=sections, limits=limits, severities=severities)


def _parse_limits(value: Any, path: Path) -> dict[str, Mapping[str, float]]:
    _expect(isinstance(value, dict), path, f"[{TABLE}.limits] must be a table of tables")
    limits: dict[str, Mapping[str, float]] = {}
    for name, entries in value.items():
        where = f"[{TABLE}.limits.{name}]"
        _expect(isinstance(entries, dict), path, f"{where} must be a table, such as {name} = {{ idle_s = 60 }}")
        for key, number in entries.items():
            _expect(_is_number(number), path, f"{key!r} in {where} must be a number, not {number!r}")
            _expect(_is_finite(number), path, f"{key!r} in {where} must be a finite number")
        limits[name.replace("_", "-")] = {key.replace("-", "_"): float(number) for key, number in entries.items()}
    return limits


def _parse_severities(value: Any, path: Path) -> dict[str, Severity]:
    where = f"[{TABLE}.severity]"
    _expect(isinstance(value, dict), path, f'{where} must be a table, such as commit-in-loop = "info"')
    by_label = {one.label: one for one in Severity}
    found: dict[str, Severity] = {}
    for name, word in value.items():
        if not isinstance(word, str) or word.lower() not in by_label:
            near = nearest(str(word).lower(), by_label)
            raise UsageProblem(f"{path}: {name!r} in {where} must be a severity, not {word!r}{near}")
        found[name.replace("_", "-")] = by_label[word.lower()]
    return found


def _checked(values: Mapping[str, Any], known: Mapping[str, object], path: Path, section: str = "") -> dict[str, Any]:
    where = f"[{TABLE}.{section}]" if section else f"[{TABLE}]"
    checked: dict[str, Any] = {}
    for written, value in values.items():
        key = written.replace("_", "-")
        if key not in known:
            raise UsageProblem(f"{path}: unknown key {written!r} in {where}{nearest(key, known)}")
        _expect(_has_type(value, known[key]), path, f"{written!r} in {where} must be {_described(known[key])}")
        name = f"{section}.{key}"
        _expect_in_range(name if name in BOUNDS else key, value, path, f"{written!r} in {where}")
        checked[key] = _frozen(value)
    return checked


def _expect_in_range(key: str, value: Any, path: Path, which: str) -> None:
    if key in BOUNDS:
        least, most = BOUNDS[key]
        between = f"at least {least}" if most == math.inf else f"from {least} to {most}"
        _expect(_is_finite(value) and least <= value <= most, path, f"{which} must be {between}")
    if key in WORDS and value.lower() not in WORDS[key]:
        raise UsageProblem(f"{path}: {which}: unknown value {value!r}{nearest(value.lower(), WORDS[key])}")
    text = value if isinstance(value, str) else ""
    _expect("\0" not in text, path, f"{which} must have no NUL in it")


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType({name: _frozen(item) for name, item in value.items()})
    return tuple(value) if isinstance(value, list) else value


def _has_type(value: Any, expected: object) -> bool:
    if isinstance(expected, tuple):
        return isinstance(value, list) and all(_has_type(item, expected[0]) for item in value)
    if isinstance(expected, Mapping):
        return isinstance(value, dict) and all(_has_type(item, expected[str]) for item in value.values())
    if expected is float:
        return _is_number(value)
    return isinstance(value, expected) and not (expected is int and isinstance(value, bool))  # type: ignore[arg-type]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_finite(value: Any) -> bool:
    """Whether it can be reckoned with: no infinity, no NaN, no whole number that no float holds."""
    try:
        return _is_number(value) and math.isfinite(value)
    except OverflowError:
        return False


def _described(expected: object) -> str:
    names = {str: "a string", int: "a whole number", float: "a number", bool: "true or false", dict: "a table"}
    if isinstance(expected, Mapping):
        return f"a table whose values are each {_described(expected[str])}"
    return "an array of strings" if isinstance(expected, tuple) else names[expected]  # type: ignore[index]


def _expect(condition: bool, path: Path, problem: str) -> None:
    if not condition:
        raise UsageProblem(f"{path}: {problem}")


def _our_table(path: Path) -> dict[str, Any] | None:
    try:
        text = path.read_text(encoding="utf-8")
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
    _expect(table is None or isinstance(table, dict), path, f"[{TABLE}] must be a table")
    return table
