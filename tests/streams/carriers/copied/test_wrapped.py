"""Lines that a terminal broke are joined; those that only happen to be long are not."""

from __future__ import annotations

import pytest

from forge_doctor.streams.carriers.copied.wrapped import columns, unwrapped, wrap_of
from forge_doctor.streams.heads.line_head import is_head
from tests.streams.carriers.test_carriers import timed
from tests.support.log_carriers import EVERY, Wrap
from tests.support.log_exports import EXPORTS
from tests.support.log_reading import SAMPLES
from tests.support.log_terminal import TERMINAL


@pytest.mark.parametrize("carrier", sorted(TERMINAL.keys() - {"terminal-133"}))
def test_joined_lines_are_those_that_were_broken(carrier: str) -> None:
    lines = timed((SAMPLES / "psycopg_311.raw.log").read_text())
    raw = TERMINAL[carrier](lines).encode().split(b"\n")
    wrap = wrap_of(raw[:2_000], is_head)
    assert wrap is not None
    inner = carrier.split("-", 2)[2:]
    whole = EVERY[inner[0]](lines).splitlines() if inner else [line for _, line in lines]
    told = [line.decode().rstrip() for line in b"".join(unwrapped(raw, wrap)).split(b"\n")]
    assert [line for line in told if line] == [line.rstrip() for line in whole if line.strip()]


@pytest.mark.parametrize(
    "carrier", ["gcp-array", "kibana-csv", "stern-colour", "heroku", "splunk-json", "opensearch-sql", "dozzle"]
)
@pytest.mark.parametrize("name", ["poolleak_310.raw.log", "pgb_312.raw.log", "healthy_312.raw.log"])
def test_what_no_terminal_broke_is_left_alone(carrier: str, name: str) -> None:
    wrap: Wrap = (EVERY | EXPORTS)[carrier]
    raw = wrap(timed((SAMPLES / name).read_text())).encode().split(b"\n")
    assert wrap_of(raw[:2_000], is_head) is None


@pytest.mark.parametrize(
    "lines",
    [
        [f"step {number:02} of the nightly import of prices is done" for number in range(40)],
        [f"2026-11-22 08:00:{number:02},000 INFO one after the other is served" for number in range(40)],
        [
            "-----BEGIN CERTIFICATE-----",
            *["MIIDdzCCAl+gAwIBAgIEbN8p3TANBgkqhkiG9w0BAQsFADBsMRAwDgYDVQQGEwdV"] * 20,
            "-----END-----",
        ],
        # The longest are followed by what begins a record, and all that follow short ones are of one kind.
        [
            line
            for number in range(100, 160)
            for line in (
                "2026-11-22 08:00:01,000 ERROR shop: failed",
                "Traceback (most recent call last):",
                f'  File "/app/shop/m{number}.py", line {number}, in f',
                "    await run(q)",
                f"shop.errors.Error{number}: value of x{number} broke it",
            )
        ],
        ["x" * 200] * 3,
        ["short"] * 5,
        [],
    ],
)
def test_lines_of_one_length_are_not_broken_ones(lines: list[str]) -> None:
    assert wrap_of([line.encode() for line in lines], is_head) is None


def test_wide_characters_take_two_columns() -> None:
    assert [columns(text) for text in ("abc", "日本", "é", "e\u0301", "\x1b[31mred\x1b[0m")] == [3, 4, 1, 1, 3]
