"""What changed from one JSON object to the next, as a merge patch (RFC 7396); it knows moments and nothing else.

A patch deletes with null, so that no member of the objects themselves may be null: `look_document` writes none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Object = Mapping[str, Any]
# Moments by name, and how far two readings of one and the same may lie apart, in seconds: those of the server are read
# row after row, those of processes in ticks, from a table read at some time within the look.
SAME_MOMENT_S: Mapping[str, float] = {
    **dict.fromkeys(("backend_start", "xact_start", "query_start", "state_change", "waitstart"), 0.045),
    **dict.fromkeys(("prepared_at", "stats_reset"), 0.5),
    **dict.fromkeys(("process_start", "checked_out", "requests_came"), 0.5),
}


def difference(before: Object, after: Object) -> dict[str, Any]:
    """The patch that makes `after` of `before`, but for moments that are the same."""
    patch: dict[str, Any] = dict.fromkeys(before.keys() - after.keys())
    for key, value in after.items():
        if key not in before:
            patch[key] = value
            continue
        old = before[key]
        if old == value or (key in SAME_MOMENT_S and _is_same_moment(old, value, SAME_MOMENT_S[key])):
            continue
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            if inner := difference(old, value):
                patch[key] = inner
        else:
            patch[key] = value
    return patch


def patched(before: Object, patch: Object) -> dict[str, Any]:
    """A new object with the patch applied; what the patch leaves alone is shared with `before`."""
    after = dict(before)
    for key, value in patch.items():
        if value is None:
            after.pop(key, None)
        elif isinstance(value, Mapping):
            old = after.get(key)
            after[key] = patched(old if isinstance(old, Mapping) else {}, value)
        else:
            after[key] = value
    return after


def _is_same_moment(old: Any, new: Any, within_s: float) -> bool:
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(
            _is_same_moment(one, two, within_s) for one, two in zip(old, new, strict=True)
        )
    if isinstance(old, int | float) and isinstance(new, int | float):
        return abs(old - new) <= within_s
    return bool(old == new)
