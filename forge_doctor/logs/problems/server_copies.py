"""Tells what a server's log says of a failure that the application tells as well: one problem, seen from both ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from forge_doctor.logs.problems.group import Group, GroupKey

AT_ONCE_S = 2.0
SHORTEST_WORDS = 16

Copies = Mapping[GroupKey, tuple[Group, ...]]


def copies_in(groups: Iterable[Group]) -> Copies:
    """By the application's problem, the ones in servers' logs that are nothing but its other end.

    Those without a line of code, for each event of which the application tells one of the same fault at the time.
    """
    every = list(groups)
    told = [group for group in every if group.origin == "app" and (group.exceptions or group.culprit)]
    by_fault: dict[str, list[Group]] = {}
    for group in every:
        fault = _fault(group) if group.signature or group.origin == "app" else _quoted_fault(group, told)
        if fault:
            by_fault.setdefault(fault, []).append(group)
    found: dict[GroupKey, tuple[Group, ...]] = {}
    for same in by_fault.values():
        own = [group for group in same if group.origin == "app" and (group.exceptions or group.culprit)]
        for group in same:
            if own and group.origin != "app" and group.culprit is None and _all_told(group, own):
                first = min(own, key=lambda one: (-one.count, one.key))
                found[first.key] = (*found.get(first.key, ()), group)
    return found


def _fault(group: Group) -> str:
    return group.signature or group.exception


def _quoted_fault(group: Group, told: Iterable[Group]) -> str:
    """The fault of the application's whose exception has the words of a server's line that nobody knows, or that it may expect."""
    words = group.message.partition("\n")[0].strip()
    if len(words) < SHORTEST_WORDS:
        return ""
    return next((_fault(one) for one in told if words in one.message), "")


def _all_told(group: Group, own: list[Group]) -> bool:
    if group.count > sum(one.count for one in own):
        return False
    if group.untimed or any(one.untimed for one in own):
        return True
    near = sum(group.rate.near(one.rate, AT_ONCE_S) for one in own)
    return near >= group.count
