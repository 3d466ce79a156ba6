"""Lines that hang below the prefix of their record, as journalctl shows messages of several lines."""

from __future__ import annotations

import pytest

from forge_doctor.streams.carriers.prefixes.hanging import is_hanging, lines_of

TRACE = ["Traceback (most recent call last):", '  File "/app/shop.py", line 3, in pay', "    run()", "KeyError: 'cart'"]
PREFIXES = (
    "Nov 22 08:00:00 host1 shop[811]: ",
    "2026-11-22T08:00:00+0000 host1 shop[811]: ",
    "1795334400.123456 h shop[7]: ",
)


def shown(prefix: str) -> list[bytes]:
    return [line.encode() for line in [prefix + "gone", *(" " * len(prefix) + line for line in TRACE), prefix + "on"]]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_each_has_its_records_prefix(prefix: str) -> None:
    assert is_hanging(shown(prefix), 0.0)
    assert list(lines_of(shown(prefix), 0.0)) == [(prefix + line).encode() for line in ("gone", *TRACE, "on")]


@pytest.mark.parametrize("missing", [1, 4])
def test_what_stands_less_far_in_does_not_hang(missing: int) -> None:
    lines = [line.removeprefix(b" " * missing) if line[:1] == b" " else line for line in shown(PREFIXES[0])]
    assert not is_hanging(lines, 0.0)


def test_a_log_without_prefixes_stays_as_it_is() -> None:
    assert not is_hanging([b"ERROR gone", *(b" " * 20 + line.encode() for line in TRACE)], 0.0)
