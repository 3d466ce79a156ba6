"""A value of a type, as text that a cast reads: the same number gives the same value in every table.

So keys agree that nobody declared yet, and text that is a number can become one: a migration that adds a foreign key
or changes a type finds rows as orderly as those of a real application.

>>> value_of(Type(name="uuid"), 2), value_of(Type(name="varchar", modifier=5), 2), value_of(Type(name="mood"), 0)
('00000000-0000-4000-8000-000000000002', '2', None)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from forge_doctor.migrations.round_trip.rows.shape import Type

VALUES: Mapping[str, Callable[[int], str]] = {
    **dict.fromkeys(("int2", "int4", "int8", "float4", "float8", "money", "oid", "xid"), str),
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "citext", "ltree", "lquery", "cube", "seg"), str),
    "bool": lambda n: "true" if n == 1 else "false",
    "char": lambda n: chr(ord("a") + n % 26),
    "uuid": lambda n: f"00000000-0000-4000-8000-{n:012d}",
    "date": lambda n: f"2024-01-{_day(n)}",
    **dict.fromkeys(("timestamp", "timestamptz"), lambda n: f"2024-01-{_day(n)} 00:00:00+00"),
    **dict.fromkeys(("time", "timetz"), lambda n: f"{n % 24:02d}:00:00"),
    "interval": lambda n: f"{n} days",
    **dict.fromkeys(("json", "jsonb"), lambda _: "{}"),
    "jsonpath": lambda _: "$",
    "bytea": lambda n: f"\\x{n % 256:02x}",
    **dict.fromkeys(("inet", "cidr"), lambda n: f"10.0.0.{n % 256}"),
    "macaddr": lambda n: f"08:00:2b:01:02:{n % 256:02x}",
    "macaddr8": lambda n: f"08:00:2b:01:02:03:04:{n % 256:02x}",
    "point": lambda n: f"({n},{n})",
    "line": lambda n: f"{{1,2,{n}}}",
    "lseg": lambda n: f"[(0,0),({n},{n})]",
    "box": lambda n: f"({n + 0.5},{n + 0.5}),({n},{n})",
    "path": lambda n: f"[(0,0),({n},{n})]",
    "polygon": lambda n: f"((0,0),({n},{n}),({n},0))",
    "circle": lambda n: f"<({n * 10},0),1>",
    "tsvector": lambda n: f"'{n}':1",
    "tsquery": lambda n: f"'{n}'",
    "xml": lambda n: f"<a>{n}</a>",
    "hstore": lambda n: f"a=>{n}",
    "pg_lsn": lambda n: f"0/{n:X}",
    **dict.fromkeys(("regclass", "regtype"), lambda _: "pg_type"),
    **dict.fromkeys(("geometry", "geography"), lambda n: f"POINT({n} {n})"),
}
LONG, LONGEST = 3, 300
HEADER = 4  # of a modifier: varchar(20) is 24


def value_of(kind: Type, number: int) -> str | None:
    """The value with this number, from 1 on; None for a type whose values are not known."""
    if kind.labels:
        return kind.labels[(number - 1) % len(kind.labels)]
    if kind.element is not None:
        inner = value_of(kind.element, number)
        return None if inner is None else "{" + _quoted(inner) + "}"
    if kind.subtype is not None:
        return _range(kind.subtype, number)
    if kind.kind == "m":
        return "{}"
    if kind.kind == "c":
        parts = [value_of(part, number) for part in kind.parts]
        return "(" + ",".join("" if part is None else _quoted(part) for part in parts) + ")"
    return _of_base_type(kind, number)


def _of_base_type(kind: Type, number: int) -> str | None:
    if kind.name == "numeric":
        return _numeric(kind.modifier, number)
    if kind.name in ("bit", "varbit"):
        width = max(kind.modifier, 1)
        return format(number % (1 << width), f"0{width}b")
    if kind.name in ("vector", "halfvec"):
        return "[" + ",".join([str(number)] * max(kind.modifier, 1)) + "]"
    make = VALUES.get(kind.name)
    if make is None:
        return None
    text = make(number)
    limit = kind.modifier - HEADER if kind.name in ("varchar", "bpchar") and kind.modifier >= HEADER else None
    if limit is None:
        return text
    # One value as long as may be: a shorter type does not take it.
    return text.rjust(min(limit, LONGEST), "0") if number == LONG else text[-limit:]


def _numeric(modifier: int, number: int) -> str:
    """Within its digits: numeric(3, 3) holds none before the point."""
    if modifier < HEADER:
        return str(number)
    precision, scale = (modifier - HEADER) >> 16 & 0xFFFF, (modifier - HEADER) & 0x7FF
    scale = scale - 0x800 if scale > 0x3FF else scale
    whole = precision - scale
    if whole <= 0:
        return f"0.{'0' * max(scale - precision, 0)}{number % 10}"
    return str(number % 10**whole)


def _range(subtype: Type, number: int) -> str | None:
    lower, upper = value_of(subtype, 2 * number - 1), value_of(subtype, 2 * number)
    return None if lower is None or upper is None else f"[{_quoted(lower)},{_quoted(upper)})"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _day(number: int) -> str:
    return f"{(number - 1) % 28 + 1:02d}"
