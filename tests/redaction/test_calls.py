"""What is given by position: passwords of logins, arguments of tasks; numbers of cards."""

from __future__ import annotations

import pytest

from forge_doctor.redaction.calls import mask_cards, mask_logins, mask_task_arguments


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("login('ada', 'rabbit')", "login('ada', '***')"),
        ('client.sign_in(user, "rabbit", 5)', 'client.sign_in(user, "***", 5)'),
        (
            "PDO->__construct('mysql:host=db', 'ada', 'rabbit', Array)",
            "PDO->__construct('mysql:host=db', 'ada', '***', Array)",
        ),
        ("db.connect('h', 'ada', 'rabbit')", "db.connect('h', 'ada', '***')"),
        ("signal.connect('saved', 'handler')", "signal.connect('saved', 'handler')"),
        ("connect('h', user='ada', port='5')", "connect('h', user='ada', port='5')"),
        ("login('ada')", "login('ada')"),
        ("blogin('a', 'b')", "blogin('a', 'b')"),
    ],
)
def test_the_password_of_a_login_is_masked(text: str, shown: str) -> None:
    assert mask_logins(text) == shown
    assert mask_logins(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("args: ('ada', 5)\nkwargs: {'note': 'x'}", "args: ('***', 5)\nkwargs: {'note': '***'}"),
        ("'argsrepr': \"('ada', 5)\", 'lang': 'py'", "'argsrepr': '***', 'lang': 'py'"),
        ("args:('shop.pay', 'ada', 'application/json')", "args:('shop.pay', '***', 'application/json')"),
        ('\'[["ada"], {"x": 5}, {"callbacks": null}]\'', "'[***, {\"callbacks\": null}]'"),
        ("args: ['--port', '8000']", "args: ['--port', '8000']"),
        (
            "<Popen: returncode: 1 args: ('python', '-m', 'app')>",
            "<Popen: returncode: 1 args: ('python', '-m', 'app')>",
        ),
        ("tags=lambda args, kwargs: [f'user:{args[0]}']", "tags=lambda args, kwargs: [f'user:{args[0]}']"),
        ("kwargs={'a': 'b\nc", "kwargs={'a': 'b\nc"),
    ],
)
def test_what_a_task_was_called_with_is_masked(text: str, shown: str) -> None:
    assert mask_task_arguments(text) == shown
    assert mask_task_arguments(shown) == shown


def test_the_number_of_a_card_is_masked_and_one_with_another_checksum_is_not() -> None:
    for number in ("4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "371449635398431"):
        assert mask_cards(f"card {number}, ok") == "card ***, ok"
    for number in (
        "4111111111111112",
        "1764421200123456",
        "x4111111111111111",
        "41111111111111111",
        "-4111111111111111",
    ):
        assert mask_cards(number) == number
