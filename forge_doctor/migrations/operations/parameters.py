"""Parameters that a statement sets: `SET lock_timeout`, `set_config(...)`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forge_doctor.migrations.operations.operation import SetParameter, Written
from forge_doctor.migrations.operations.sql.tree import Tree, held, strings
from forge_doctor.regex import regex

MILLISECONDS: Mapping[str, float] = {
    "us": 0.001, "ms": 1, "": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000,
}  # fmt: skip
TIME = regex(r"\s*+(\d++(?:\.\d++)?)\s*+(us|ms|s|min|h|d|)\s*+")


def parameter(written: Written, tree: Tree) -> SetParameter:
    """What SET or RESET does."""
    args = tree.get("args") or [{}]
    value = _value(args[0]) if tree.get("kind") == "VAR_SET_VALUE" else ""
    return SetParameter(
        written=written,
        name=str(tree.get("name", "")),
        value=value,
        value_ms=milliseconds(value),
        is_local=bool(tree.get("is_local")),
    )


def parameters_set(written: Written, tree: Tree) -> Iterator[SetParameter]:
    """What `SELECT set_config(name, value, is_local)` does."""
    for one in tree.get("targetList", []):
        call = one.get("ResTarget", {}).get("val", {}).get("FuncCall", {})
        args = [_value(inner) for inner in call.get("args", [])]
        if strings(call.get("funcname"))[-1:] == ["set_config"] and len(args) == 3:
            yield SetParameter(
                written=written,
                name=args[0],
                value=args[1],
                value_ms=milliseconds(args[1]),
                is_local=args[2] == "True",
            )


def _value(tree: Any) -> str:
    constant = tree.get("A_Const", {}) if isinstance(tree, dict) else {}
    if "boolval" in constant:
        return str(bool(constant["boolval"].get("boolval", False)))
    for kind in ("sval", "ival", "fval"):
        if kind in constant:
            return held(str(constant[kind].get(kind, 0)))
    return ""


def milliseconds(value: str) -> float | None:
    """A time of the server's configuration; None where it is none."""
    found = TIME.fullmatch(value)
    return None if found is None else float(found[1]) * MILLISECONDS[found[2]]
