"""Rows of the server's csvlog, whichever version wrote them: of its own processes, which have no user, too."""

from __future__ import annotations

import pytest

from forge_doctor.streams.heads.line_head import Heads, read_head

AT = "2026-11-22 08:00:00.123 "
ZONES = ("UTC", "EET", "+03", "-0330")


def row(columns: int, user: str, quote: str, zone: str = "UTC") -> bytes:
    at = AT + zone
    told = [user, user, 77, "", "6b0b.4d", 1, "", at, "", 0, "FATAL", "53300", "sorry, too many clients already"]
    told += ["", "", "", "", "", "", "", "", "web", "client backend", "", -12]
    # The server quotes words, and leaves empty what it does not have; a table that is written out anew has them bare.
    bare = ("FATAL", "53300", at, "6b0b.4d", "")
    words = (str(one) if isinstance(one, int) or one in bare else f"{quote}{one}{quote}" for one in told[: columns - 1])
    return ",".join([at, *(f'"{word}"' if ", " in word and not quote else word for word in words)]).encode()


@pytest.mark.parametrize("columns", [22, 23, 24, 26])
@pytest.mark.parametrize("user", ["", "shop"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_row_of_csvlog_is_the_servers(columns: int, user: str, quote: str) -> None:
    text = row(columns, user, quote)
    for head in (read_head(text), Heads().read(text)):
        assert head is not None
        assert (head.origin, head.level, head.sqlstate) == ("postgresql", 50, "53300")
        assert head.message == b"sorry, too many clients already"


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("quote", ["", '"'])
def test_its_time_may_have_any_zone(zone: str, quote: str) -> None:
    head = Heads().read(row(26, "shop", quote, zone))
    assert head is not None
    assert (head.origin, head.sqlstate) == ("postgresql", "53300")
    assert head.at is not None


def test_a_time_before_a_comma_is_no_csvlog() -> None:
    head = read_head(b"2026-11-22 08:00:00, ERROR, shop.web, it is gone, ERROR,too,many,clients,a,b,c,d,e,f")
    assert head is not None
    assert (head.origin, head.level) == ("app", 40)
