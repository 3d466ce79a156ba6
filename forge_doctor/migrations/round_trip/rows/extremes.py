"""Rows that one of two schemas takes and the other does not: what a step that makes the schema narrower meets in life.

Of a downgrade they are what the upgrade has just allowed (a NULL, a new label of an enum, a longer text), of an upgrade what
it begins to forbid. Only differences of the two catalogues are asked for; nothing is tried here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from forge_doctor.dataclass import dataclass
from forge_doctor.migrations.round_trip.catalogue import Catalogue, Key
from forge_doctor.migrations.round_trip.rows.make import mentions
from forge_doctor.migrations.round_trip.rows.violations import CHECK, violated
from forge_doctor.sql.quoting import join_name, quote_identifier, quote_literal, split_name

NULL, DUPLICATE, ORPHAN, LENGTH, RANGE, VALUE = "23502", "23505", "23503", "22001", "22003", "22P02"
VIOLATION = "23514"
MOST = 12
_TYPE = re.compile(r"(?P<type>.+?)(?: NOT NULL\b| default\b| generated\b| identity\b| collate\b|$)")
_LENGTH = re.compile(r"character(?: varying)?\((\d+)\)")
_UNIQUE = re.compile(r"UNIQUE \((?P<columns>[^()]{1,400})\)$")
_UNIQUE_INDEX = re.compile(r"CREATE UNIQUE INDEX \S+ ON (?:ONLY )?\S+ USING btree \((?P<columns>[\w$, ]{1,400})\)$")
_FOREIGN = re.compile(r"FOREIGN KEY \((?P<column>[\w$]{1,63})\) REFERENCES ")
_LABEL = re.compile(r"'((?:[^']|'')*)'")
_TEXTS = ("text", "character varying", "character", "citext")
_LARGER = {"smallint": "40000", "integer": "3000000000"}
_WIDER = {"smallint": ("integer", "bigint", "numeric"), "integer": ("bigint", "numeric")}
_NOBODY = {
    **dict.fromkeys(("smallint", "integer", "bigint", "numeric"), "31999"),
    "uuid": "'ffffffff-0000-4000-8000-00000000ffff'",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extreme:
    """`said` as in `where rows have NULL in orders.note`, the statement that makes one, the SQLSTATEs that a refusal of it
    has, and a query that counts such rows, empty where there is none."""

    said: str
    make: str
    sqlstates: tuple[str, ...]
    count: str = ""


def extremes(wide: Catalogue, narrow: Catalogue) -> tuple[Extreme, ...]:
    """Of what `wide` takes and `narrow` does not."""
    found: list[Extreme] = []
    for key in sorted(wide.keys() & narrow.keys()):
        if key.kind == "column" and wide[key] != narrow[key]:
            found += _of_column(key, wide[key], narrow[key])
        elif key.kind == "enum type":
            found += _of_enum(key, wide, narrow)
    tables = {key.name for key in wide if key.kind == "table"}
    for key in sorted(narrow.keys() - wide.keys()):
        if key.parent in tables and not _refers_to_new(key, wide, narrow):
            found += _of_constraint(key, wide, narrow[key])
    return tuple(found[:MOST])


def _refers_to_new(key: Key, wide: Catalogue, narrow: Catalogue) -> bool:
    """Whether a constraint is on a column that comes with it."""
    columns = {one.name for one in narrow if one.kind == "column" and one.parent == key.parent}
    new = columns - {one.name for one in wide if one.kind == "column"}
    return any(re.search(rf"\b{re.escape(name.rpartition('.')[2])}\b", narrow[key]) for name in new)


def _of_column(key: Key, wide: str, narrow: str) -> Iterator[Extreme]:
    before, after = _type(wide), _type(narrow)
    if " NOT NULL" in narrow and " NOT NULL" not in wide:
        yield _set(key, "NULL", "NULL", NULL, "{column} IS NULL")
    length = _LENGTH.fullmatch(after)
    if length is not None and before.startswith(_TEXTS) and _longer(before, int(length[1])):
        size = int(length[1]) + 1
        value = f"left(repeat('x', {size}), {size})"
        yield _set(key, f"{size} characters", value, LENGTH, f"length({{column}}) > {length[1]}")
    if after in _LARGER and before in _WIDER[after]:
        yield _set(key, _LARGER[after], _LARGER[after], RANGE, f"{{column}} > {_LARGER[after]}")
    if before.startswith(_TEXTS) and not after.startswith((*_TEXTS, "json")):
        valid = f"NOT pg_input_is_valid({{column}}, {quote_literal(after)})"  # from PostgreSQL 16 on
        yield _set(key, "any other text", "'other'", VALUE, valid, "22007", "22P03", "22008", "22023")


def _longer(kind: str, length: int) -> bool:
    own = _LENGTH.fullmatch(kind)
    return own is None or int(own[1]) > length


def _type(definition: str) -> str:
    found = _TYPE.match(definition)
    return found["type"].strip() if found else definition


def _of_enum(key: Key, wide: Catalogue, narrow: Catalogue) -> Iterator[Extreme]:
    """A label that only the wide one has, in each column of the type."""
    labels = [one for one in _LABEL.findall(wide[key]) if one not in _LABEL.findall(narrow[key])]
    if not labels:
        return
    for column, definition in sorted(wide.items()):
        if column.kind == "column" and _type(definition) in (key.name, f"public.{key.name}"):
            value = quote_literal(labels[0].replace("''", "'"))
            yield _set(column, value, value, VALUE, f"{{column}}::text = {value}", "23514", "22023")


def _of_constraint(key: Key, wide: Catalogue, definition: str) -> Iterator[Extreme]:
    table = _table(key.parent)
    unique = _UNIQUE.match(definition) or _UNIQUE_INDEX.match(definition)
    foreign = _FOREIGN.match(definition)
    if unique is not None:
        columns = unique["columns"]
        equal = " AND ".join(f"a.{one.strip()} = b.{one.strip()}" for one in columns.split(","))
        yield Extreme(
            said=f"the same {columns} twice in {key.parent}",
            make=f"UPDATE {table} SET ({columns}) = (SELECT {columns} FROM {table} ORDER BY ctid LIMIT 1) "  # noqa: S608
            f"WHERE ctid = (SELECT ctid FROM {table} ORDER BY ctid OFFSET 1 LIMIT 1)",
            sqlstates=(DUPLICATE,),
            count=f"SELECT count(*) FROM {table} a JOIN {table} b ON {equal} AND a.ctid < b.ctid;",  # noqa: S608
        )
    elif foreign is not None:
        column = Key("column", join_name(*split_name(key.parent), foreign["column"]), key.parent)
        kind = _type(wide.get(column, ""))
        nobody = _NOBODY.get(kind) or ("'nobody'" if kind.startswith(_TEXTS) else "")
        if nobody:
            yield _set(column, "a value that no row of the other table has", nobody, ORPHAN, "")
    else:
        yield from _of_check(key, wide, definition)


def _of_check(key: Key, wide: Catalogue, definition: str) -> Iterator[Extreme]:
    """A value for the first column of a CHECK that alone can break it."""
    found = CHECK.fullmatch(definition)
    if found is None:
        return
    expression = found["expression"]
    columns = {split_name(one.name)[-1]: one for one in wide if one.kind == "column" and one.parent == key.parent}
    named = [name for name in columns if mentions(expression, name)]
    for name in sorted(named, key=expression.find):
        value = violated(expression, name, _type(wide[columns[name]]))
        if value:
            kept = f"coalesce(({value}), {quote_identifier(name)})"
            condition = f"NOT {expression}".replace("{", "{{").replace("}", "}}")
            yield _set(columns[name], f"what {key.name.rpartition('.')[2]} refuses", kept, VIOLATION, condition)
            return


def _set(key: Key, said: str, value: str, sqlstate: str, condition: str, *others: str) -> Extreme:
    table, column = _table(key.parent), quote_identifier(split_name(key.name)[-1])
    told = condition.format(column=column)
    return Extreme(
        said=f"{said} in {key.name}",
        make=f"UPDATE {table} SET {column} = {value} WHERE ctid = (SELECT ctid FROM {table} ORDER BY ctid LIMIT 1)",  # noqa: S608
        sqlstates=(sqlstate, *others),
        count=f"SELECT count(*) FROM {table} WHERE {told};" if told else "",  # noqa: S608
    )


def _table(label: str) -> str:
    *schema, name = split_name(label)
    return f"{quote_identifier(schema[-1] if schema else 'public')}.{quote_identifier(name)}"


def met(made: Iterable[Extreme], sqlstate: str) -> tuple[Extreme, ...]:
    """Those of them that a refusal with this SQLSTATE may be of."""
    return tuple(one for one in made if sqlstate in one.sqlstates)
