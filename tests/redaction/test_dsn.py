"""A connection string that is refused is quoted without its password, however badly it is written."""

import pytest

from forge_doctor.redaction import redact_dsn


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
