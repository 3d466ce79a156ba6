"""How checks are chosen: by id, former id, beginning or all; an entry that means nothing is refused."""

import pytest

from forge_doctor.check import Check, check_id, matching, nearest, select_checks
from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Severity


def check(name: str, **overrides: object) -> Check:  # type: ignore[type-arg]
    return Check(id=name, summary="", manual="", severity=Severity.INFO, run=lambda: (), **overrides)  # type: ignore[arg-type]


KNOWN = (
    check("idle"),
    check("idle-in-transaction", aliases=("sleeper",)),
    check("slots"),
    check("rare", default=False),
)


def ids(checks: tuple[Check, ...]) -> list[str]:  # type: ignore[type-arg]
    return [one.id for one in checks]


@pytest.mark.parametrize(
    ("select", "ignore", "chosen"),
    [
        ((), (), ["idle", "idle-in-transaction", "slots"]),
        (("rare",), (), ["rare"]),
        (("all",), (), ["idle", "idle-in-transaction", "slots", "rare"]),
        (("idle",), (), ["idle"]),
        (("idle-",), (), ["idle-in-transaction"]),
        (("IDLE_IN_TRANSACTION",), (), ["idle-in-transaction"]),
        (("sleeper",), (), ["idle-in-transaction"]),
        ((), ("idle-in", "slots"), ["idle"]),
        (("all",), ("all",), []),
    ],
)
def test_what_is_selected_and_ignored(select: tuple[str, ...], ignore: tuple[str, ...], chosen: list[str]) -> None:
    assert ids(select_checks(KNOWN, select, ignore)) == chosen


@pytest.mark.parametrize("entry", ["slot-s", "nothing", "", " "])
def test_an_entry_that_means_nothing_is_refused(entry: str) -> None:
    with pytest.raises(UsageProblem, match="unknown check"):
        matching(KNOWN, entry)


def test_the_nearest_name_or_all_of_them() -> None:
    assert nearest("slotts", ["slots", "idle"]) == "; did you mean 'slots'?"
    assert nearest("zzz", ["slots", "idle"]) == " (known: idle, slots)"
    many = [f"check-{number}" for number in range(100)]
    assert "check-7" not in nearest("zzz", many)
    assert "none of the 100 known" in nearest("zzz", many)


def test_an_id_is_the_file_name_with_dashes() -> None:
    assert check_id("forge_doctor.pool.checks.no_slot_left") == "no-slot-left"
