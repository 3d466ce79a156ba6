"""What discovery says as it goes: each step with what was found and where it was learned, or why it was not."""

from __future__ import annotations

from collections.abc import Callable

from forge_doctor.dataclass import dataclass, field
from forge_doctor.triage.facts import Step

Tell = Callable[[Step], None]
SUDO = "run it as root: sudo forge-doctor triage"


@dataclass(slots=True)
class Steps:
    """What the steps have said so far."""

    tell: Tell
    told: list[Step] = field(default_factory=list)

    def say(self, name: str, **said: str) -> None:
        """One step done: `found` and `source`, or what is `missing` and its `remedy`."""
        step = Step(name=name, **said)
        self.told.append(step)
        self.tell(step)


def remedy(why: str, otherwise: str) -> str:
    """What mends it: more rights where they were missing."""
    return SUDO if "Permission denied" in why else otherwise
