"""No password passes through, however its surroundings are written."""

import pytest

from forge_doctor.redaction import redact, redact_dsn


@pytest.mark.parametrize(
    "text",
    [
        "cannot reach postgresql+asyncpg://shop:hunter2@db:5432/shop now",
        "cannot reach postgresql://shop:hun@ter2@db/shop",
        "tried shop:hunter2@db:5432/shop",
        "host=db password=hunter2 dbname=shop",
        "host=db password = 'hunter2 with spaces' dbname=shop",
        'connect(host="db", password="hunter2")',
        "{'user': 'shop', 'password': 'hunter2'}",
        "PGPASSWORD=hunter2 psql",
        "postgresql://db/shop?user=shop&password=hunter2&sslmode=require",
        "sslpassword=hunter2",
        "mysql://root:hunter2@db/shop",
    ],
)
def test_a_password_in_a_message_is_masked(text: str) -> None:
    shown = redact(text)
    assert "hunter2" not in shown
    assert "ter2" not in shown
    assert "***" in shown


def test_text_without_a_password_stays_as_it_is() -> None:
    text = 'password authentication failed for user "shop" at 127.0.0.1:5432, see http://localhost:8000/docs'
    assert redact(text) == text


def test_what_stands_around_the_password_stays() -> None:
    assert redact("postgresql://shop:hunter2@db:5432/shop failed") == "postgresql://shop:***@db:5432/shop failed"


@pytest.mark.parametrize(
    ("dsn", "shown"),
    [
        ("postgresql://u:a b@c/d@h/db", "postgresql://u:***@h/db"),
        ("postgres//u:hunter2@h/db", "postgres//u:***@h/db"),
        ("postgresql://u:hunter2", "postgresql://u:***"),
        ("postgresql://u:hun/ter2", "postgresql://u:***"),
        ("postgresql://h:5432/db", "postgresql://h:5432/db"),
        ("postgresql://[::1]:5432/db", "postgresql://[::1]:5432/db"),
        ("postgresql://u@h:5432/db", "postgresql://u@h:5432/db"),
        ("host=h password=hunter2 and more user=u", "host=h password=*** user=u"),
        ("host=h passwrd=hunter2", "host=h passwrd=***"),
        ("host=h password='hunter2", "host=h password=***"),
    ],
)
def test_a_connection_string_is_shown_without_its_password(dsn: str, shown: str) -> None:
    assert redact_dsn(dsn) == shown
