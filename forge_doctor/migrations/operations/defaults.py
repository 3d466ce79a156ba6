"""Whether PostgreSQL works a default out once for all rows, or for each: what it is not known of is not called volatile."""

from __future__ import annotations

from forge_doctor.regex import regex

VOLATILE = frozenset(
    {"gen_random_uuid", "uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4", "uuidv4", "uuidv7", "random",
     "random_normal", "gen_random_bytes", "clock_timestamp", "timeofday", "nextval", "setval", "gen_salt",
     "currval", "lastval", "pg_sleep"}
)  # fmt: skip
STRING = regex(r"'(?:[^']|'')*'")
CALLED = regex(r"(?<![A-Za-z_0-9])([A-Za-z_][A-Za-z_0-9]*+)\s*+\(")


def is_volatile(sql: str) -> bool:
    """Whether an expression calls a function that is known to give another value for each row."""
    return any(name.lower() in VOLATILE for name in CALLED.findall(STRING.sub("''", sql)))


def quoted_default(text: str) -> str:
    """A string given as `server_default=` is a string constant, whatever it looks like."""
    return "'" + text.replace("'", "''") + "'"
