"""A database URL as written in code gives its parts, and its password to nobody who prints it."""

from __future__ import annotations

from forge_doctor.code.orm.dsn import parse_dsn


def test_a_password_is_kept_and_never_printed() -> None:
    dsn = parse_dsn("postgresql+asyncpg://shop:sesame@db.internal:5432/shop")
    assert dsn is not None
    assert (dsn.user, dsn.password, dsn.host) == ("shop", "sesame", "db.internal")
    assert "sesame" not in repr(dsn)


def test_a_url_without_a_password_has_an_empty_one() -> None:
    dsn = parse_dsn("postgresql://db.internal/shop")
    assert dsn is not None
    assert dsn.password == ""
