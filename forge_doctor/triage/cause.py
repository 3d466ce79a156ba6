"""What a cause is, and how the causes of the folder are found; holds no cause of its own."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from forge_doctor.check import RuleInfo, check_id, manual_of, modules_in
from forge_doctor.dataclass import dataclass, field, replace
from forge_doctor.diagnosis import Urgency, Verdict

Checks = Mapping[str, frozenset[str]]
NONE: Checks = MappingProxyType({})


def checks(**parts: str) -> Checks:
    """`checks(pool="leaked-transactions", lint="unclosed-session")`: by part, the ids of what it says."""
    return MappingProxyType({part: frozenset(ids.split()) for part, ids in parts.items()})


class Opened(StrEnum):
    """Which line that makes a session is looked for beside the holder's own."""

    NOWHERE = "nowhere"
    AROUND = "around"  # the session its statement is sent in
    AND_LEFT = "and left"  # the same, one that nothing ends before all others
    LOOPED = "looped"  # the loop that sends its statement for each step
    ENGINE = "engine"  # the one function that makes an engine
    SETTING = "setting"  # the application's engine
    STREAMED = "streamed"  # the generator that sends its statement
    BESIDE = "beside"  # a second one that the same caller has made


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A way in which a service comes to harm, as data.

    `shows` are the ids by which a part says this very cause; `fits` those it looks like as well, which count only where
    they are joined with what shows it. A refined id says what a check leaves to its words
    (`blocking-session:idle`; see `graph/clues`). `explains` are symptoms it brings about, and whatever else a check
    says of its sessions; `against` are ids which, of the same sessions or the same function, speak against it.

    `local`: it has a line, so that two lines are two causes; else it is the whole service's. `held`: its sessions'
    lines are the code to change; else those lines only use what is wrong elsewhere. `depth`: of two causes that
    explain the same, the one of the smaller depth lies behind the other. `most` is the best verdict it can have.
    `quiet`: the source alone is reason enough to tell of it, at high confidence. `absent` says what was looked at
    and not found, where it is none.
    """

    title: str
    urgency: Urgency
    change: str
    shows: Checks
    fits: Checks = field(default_factory=lambda: NONE)
    explains: frozenset[str] = frozenset()
    against: frozenset[str] = frozenset()
    next: tuple[str, ...] = ()
    local: bool = True
    held: bool = True
    depth: int = 5
    most: Verdict = Verdict.CONFIRMED
    quiet: bool = False
    opened: Opened = Opened.NOWHERE
    absent: str = ""
    id: str = ""
    manual: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """The first line of the manual."""
        return self.manual.partition("\n")[0].rstrip(".")

    @property
    def about(self) -> RuleInfo:
        """What formats tell of it."""
        return RuleInfo(self.summary, self.manual, ("triage",))

    def shown_by(self, part: str, says: frozenset[str]) -> bool:
        """Whether the part says this very cause."""
        return bool(self.shows.get(part, frozenset()) & says)

    def fitted_by(self, part: str, says: frozenset[str]) -> bool:
        """Whether what the part says looks like it as well."""
        return bool(self.fits.get(part, frozenset()) & says)


@functools.cache
def load_causes() -> Mapping[str, Cause]:
    """Every cause of the folder, by id: the file's name with `-`. Being there is the registration."""
    from forge_doctor.triage import causes

    found: dict[str, Cause] = {}
    for module in modules_in(causes):
        own = check_id(module.__name__)
        found[own] = replace(module.CAUSE, id=own, manual=manual_of(module.__name__))
    return MappingProxyType(dict(sorted(found.items())))
