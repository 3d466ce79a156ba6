"""A problem as people see it: a group with its signature, its reasons, how bad it is and how sure we are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from forge_doctor.check import nearest
from forge_doctor.dataclass import dataclass, replace
from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Confidence, Severity
from forge_doctor.logs.problems.correlation import Cause, find_causes, starts_before
from forge_doctor.logs.problems.failed_requests import unexplained
from forge_doctor.logs.problems.group import Group, GroupKey
from forge_doctor.logs.problems.server_copies import copies_in
from forge_doctor.logs.problems.starts import Loop, find_loops, group_of
from forge_doctor.logs.problems.summary import Summary
from forge_doctor.logs.problems.unknown_error import UNKNOWN
from forge_doctor.logs.records.literals import without_literals
from forge_doctor.logs.records.template import folded
from forge_doctor.logs.signature import Signature, load_signatures

_ASGI = "Exception in ASGI application"


class By(StrEnum):
    """What the overview's rows are."""

    SIGNATURE = "signature"
    CULPRIT = "culprit"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageOptions:
    """What of a summary is shown: `only` and `ignore` are ids or their beginnings; `top` problems at most."""

    by: By = By.SIGNATURE
    top: int | None = None
    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_count: int = 1
    example: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A group with what is known of its fault and of its reasons.

    `ended` is how many starts of the service it ended, `recovered` whether a later start succeeded; `copies` are what
    servers' logs say of the same failures.
    """

    group: Group
    signature: Signature | None
    causes: tuple[Cause, ...]
    after: tuple[str, ...]
    ended: int = 0
    recovered: bool = False
    copies: tuple[Group, ...] = ()

    @property
    def severity(self) -> Severity:
        """How bad it is: a problem that another one explains is an error at most."""
        if self.signature is None:
            return Severity.ERROR if self.ended else Severity.WARNING
        usual = self.signature.severity
        if self.signature.shape and self.recovered:
            return min(usual, Severity.WARNING)
        return min(usual, Severity.ERROR) if self.causes and self.causes[0].explained >= self.group.count else usual

    @property
    def confidence(self) -> Confidence:
        """High where an exception or the server said it; medium where only a log line's words do, or where the program
        gave each of its records the level DEBUG and nothing was seen to fail with it: it may have been dealt with.

        An error nobody knows is one of medium confidence where it repeats, comes with a failed request, or ends a
        start; what the server complains of in its own log is its clients' to tell.
        """
        group = self.group
        if self.signature is None:
            stated = group.origin == "postgresql" and not group.exception
            sure = (group.count > 1 and not stated and not self.only_debug) or self.failed or self.ended
            return Confidence.MEDIUM if sure else Confidence.LOW
        if self.only_debug:
            return Confidence.MEDIUM
        return Confidence.HIGH if group.exceptions or group.origin != "app" or group.culprit else Confidence.MEDIUM

    @property
    def only_debug(self) -> bool:
        """Whether the program told of it at DEBUG alone, and nothing failed with it."""
        return self.group.quiet == self.group.count and not (self.failed or self.ended)

    @property
    def failed(self) -> bool:
        """Whether requests failed with it."""
        return bool(self.group.routes) or self.group.told.says(_ASGI)


def find_problems(summary: Summary, options: TriageOptions) -> list[Problem]:
    """The problems the options ask for, worst first, those that others explain last of their kind."""
    known = load_signatures()
    chosen = chosen_ids(options)
    loops = list(find_loops(summary.starts, summary.groups))
    # An error that nobody knows and that did nothing but end starts is told by them.
    told = {loop.blame for loop in loops if loop.blame and not loop.blame[0] and _only_ends_starts(loop, summary)}
    ended = {key: group.starting for key, group in summary.groups.items() if group.starting}
    ended.update({loop.blame: loop.count for loop in loops if loop.blame is not None})
    groups = [group for key, group in _one_of_a_kind(summary.groups).items() if key not in told]
    copies = copies_in(groups)
    copied = {group.key for same in copies.values() for group in same}
    groups = [group for group in groups if group.key not in copied]
    groups += [group_of(loop, summary.groups) for loop in loops if not (loop.blame and loop.blame[0])]
    if unexplained(summary.failed, summary.groups.values()):
        groups.append(summary.failed)
    over = {loop.signature for loop in loops if loop.recovered}
    problems = [
        Problem(
            group=group if options.example else _without_words(group),
            signature=known.get(group.signature),
            causes=find_causes(group, groups, known),
            after=starts_before(group, summary.marks),
            ended=ended.get(group.key, 0),
            recovered=group.signature in over,
            copies=copies.get(group.key, ()),
        )
        for group in groups
        if group.count >= options.min_count and (group.signature or UNKNOWN) in chosen
    ]
    return sorted(problems, key=_rank)


def _without_words(group: Group) -> Group:
    """Without what only `--example` asks for: the source that a frame quotes, and literals in the message."""
    return replace(group, code="", message=without_literals(group.message))


def _only_ends_starts(loop: Loop, summary: Summary) -> bool:
    blamed = summary.groups.get(loop.blame) if loop.blame is not None else None
    return blamed is not None and blamed.starting == blamed.count


def _one_of_a_kind(groups: Mapping[GroupKey, Group]) -> dict[GroupKey, Group]:
    """The groups, those of lines without a traceback joined where only a word or two tells them apart."""
    stated = [key for key in groups if not key[0] and not key[1]]
    names = folded(key[5] for key in stated)
    several = {key for key in stated if key[5] in names}
    joined = {key: group for key, group in groups.items() if key not in several}
    for key in stated:
        if key[5] in names:
            whole = (*key[:5], names[key[5]], key[6])
            joined.setdefault(whole, Group(key=whole)).merge(groups[key])
    return joined


def followers(problem: Problem, problems: Sequence[Problem]) -> list[Problem]:
    """The problems that this one's fault is the best explanation of."""
    return [one for one in problems if one.causes and one.causes[0].signature == problem.group.signature]


def _rank(problem: Problem) -> tuple[Any, ...]:
    return (-problem.severity, bool(problem.causes), -problem.group.count, problem.group.key)


def chosen_ids(options: TriageOptions) -> frozenset[str]:
    """The ids that `only` and `ignore` leave; raises `UsageProblem` for an entry that no signature has."""
    ids = [*load_signatures(), UNKNOWN]
    only, ignore = _ids(options.only, ids, "--only"), _ids(options.ignore, ids, "--ignore")
    return frozenset((only or set(ids)) - ignore)


def _ids(entries: Sequence[str], ids: Sequence[str], option: str) -> set[str]:
    chosen: set[str] = set()
    for entry in entries:
        word = entry.strip().lower().replace("_", "-")
        found = {word} & set(ids) or {one for one in ids if word and one.startswith(word)}
        if not found:
            raise UsageProblem(f"{option}: unknown signature {entry!r}{nearest(word, ids)}")
        chosen |= found
    return chosen


def group_reason(group: Group) -> str:
    """Why these events are one problem, in words."""
    fault = "the same fault" if group.signature else "the same exception"
    if group.culprit is not None:
        return f"{fault} at the same line of the user's code"
    name = group.key[5]
    if not group.signature and not group.exception:
        return f"the same words: {name}"
    if name and name in group.routes:
        return f"{fault} on the same route, no user frame in the log"
    if name and name in group.details:
        return f"{fault} about {name}, no user frame in the log"
    return f"{fault}, SQLSTATE {name}" if name else f"{fault}, no user frame in the log"


def place(group: Group) -> str:
    """Where it is: the user's line, else the endpoint, the route, the source."""
    if group.culprit is not None:
        found = group.culprit
        return f"{found.file}:{found.line} {found.function}".strip()
    return group.endpoint or group.route or ", ".join(sources(group))


def sources(group: Group) -> list[str]:
    """The sources it was seen in."""
    return sorted(group.sources)


def listed(names: Sequence[str] | set[str], most: int = 8) -> str:
    """The first names, and how many more there are."""
    told = sorted(names) if isinstance(names, set) else list(names)
    return ", ".join(told[:most]) + (f" and {len(told) - most} more" if len(told) > most else "")
