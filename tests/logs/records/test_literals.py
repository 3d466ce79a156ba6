"""Literals leave a message; names that say what is wrong stay."""

import pytest

from forge_doctor.logs.records.literals import without_literals
from tests.support.growth import grows


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no such user 'ada@example.org'", "no such user '***'"),
        ('await send(mail, "the body")', "await send(mail, '***')"),
        ("can't be done", "can't be done"),
        ("cut 'off here", "cut '***'"),
        (r"'it\'s ada'; b'x'", "'***'; '***'"),
        (r"{\"a\": \"it\'s ada\"}", "{'***': '***'}"),
        ("'two\nlines' and on", "'***' and on"),
        ("name 'ada' is taken", "name '***' is taken"),
        ("name 'limit' is not defined", "name 'limit' is not defined"),
        ("No module named 'shop.api'", "No module named 'shop.api'"),
        ("cannot import name 'api' from 'shop' (/app/shop.py)", "cannot import name 'api' from 'shop' (/app/shop.py)"),
        ("'NoneType' object has no attribute 'mail'", "'NoneType' object has no attribute 'mail'"),
        ('relation "users" does not exist', 'relation "users" does not exist'),
        ('relation "ada@example.org" does not exist', "relation '***' does not exist"),
    ],
)
def test_literals_are_taken_out(text: str, shown: str) -> None:
    assert without_literals(text) == shown


@pytest.mark.parametrize("part", ["'", "'\\'", "'\\'\n", "\"'", "name '", "b'", "\\"])
def test_literals_take_twice_the_time_for_twice_the_text(part: str) -> None:
    assert not grows(without_literals, lambda size: part * (size // len(part)))
