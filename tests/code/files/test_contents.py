from __future__ import annotations

from pathlib import Path

from forge_doctor.code.files.contents import Reading

HOME = Path("/shop")
OFTEN, LATELY, ONCE = HOME / "often.py", HOME / "lately.py", HOME / "once.py"


def test_what_others_asked_for_most_comes_first() -> None:
    reading = Reading(HOME, {})
    for times, path in ((1, ONCE), (5, OFTEN)):
        for _ in range(times):
            reading.note(path, HOME / "user.py")

    assert reading.most_wanted([ONCE, LATELY, OFTEN]) == [OFTEN, ONCE, LATELY]


def test_what_is_asked_for_now_comes_before_what_was_asked_for_long_ago() -> None:
    reading = Reading(HOME, {})
    for _ in range(3):
        reading.note(OFTEN, HOME / "user.py")
    for _ in range(2):
        reading.note(ONCE, HOME / "user.py")
    reading.let_go(ONCE)

    for _ in range(2):
        reading.note(LATELY, HOME / "other.py")

    assert reading.most_wanted([OFTEN, LATELY]) == [LATELY, OFTEN]
