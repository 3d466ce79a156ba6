"""What went wrong may stand beside what was being done: under `error`, `err` or `reason` of a record. It is read with the message."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.log_reading import groups, told

REFUSED = 'password authentication failed for user "shop"'


def quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def as_json(said: str, key: str, reason: object) -> str:
    return json.dumps(
        {"time": "2026-05-04T07:12:00Z", "level": "error", said: "could not store", key: reason, "order": 7}
    )


FORMS: dict[str, Callable[[str], str]] = {
    "zap": lambda why: as_json("msg", "error", why),
    "zerolog": lambda why: as_json("message", "error", why),
    "structlog": lambda why: as_json("event", "reason", why),
    "pino": lambda why: as_json("msg", "err", {"type": "Error", "message": why}),
    "logrus": lambda why: f'time="2026-05-04T07:12:00Z" level=error msg="could not store" error={quoted(why)}',
    "slog": lambda why: f'time=2026-05-04T07:12:00Z level=ERROR msg="could not store" order=7 err={quoted(why)}',
}


@pytest.mark.parametrize("form", FORMS)
def test_a_known_fault_is_known_by_its_reason(form: str) -> None:
    line = FORMS[form](REFUSED)
    assert told(f"{line}\n{FORMS[form]('no stock left')}\n{line}\n")[0] == ("password-failed", None, 2)


@pytest.mark.parametrize("form", FORMS)
def test_errors_nobody_knows_are_told_with_their_reasons(form: str) -> None:
    found = groups("".join(f"{FORMS[form](why)}\n" for why in ("no stock left", "no such cart", "no stock left")))
    assert sorted((one.count, "stock" in one.message, "cart" in one.message) for one in found) == [
        (1, False, True),
        (2, True, False),
    ]


@pytest.mark.parametrize("reason", [None, False, "", {}, {"stack": "x"}, ["x"], 7])
def test_what_is_no_reason_adds_nothing(reason: object) -> None:
    (found,) = groups(as_json("msg", "error", reason) + "\n")
    assert found.message == "could not store"


def test_a_record_that_tells_of_nothing_bad_stays_silent() -> None:
    assert groups(FORMS["zap"](REFUSED).replace('"error", "msg"', '"info", "msg"') + "\n") == []
