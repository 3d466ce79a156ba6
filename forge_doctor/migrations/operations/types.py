"""SQLAlchemy's types by the names PostgreSQL has for them."""

from __future__ import annotations

from collections.abc import Mapping

from forge_doctor.migrations.evaluation.values import Class, Imported, Made, Value, is_known, path_of
from forge_doctor.migrations.operations.objects import EnumType, Type
from forge_doctor.sql.quoting import join_name

NAMES: Mapping[str, str] = {
    "integer": "int4", "int": "int4", "bigint": "int8", "biginteger": "int8", "smallint": "int2",
    "smallinteger": "int2", "string": "varchar", "varchar": "varchar", "unicode": "varchar", "autostring": "varchar",
    "nvarchar": "varchar", "text": "text", "unicodetext": "text", "char": "bpchar", "numeric": "numeric",
    "decimal": "numeric", "float": "float8", "double": "float8", "double_precision": "float8", "real": "float4",
    "boolean": "bool", "date": "date", "time": "time", "datetime": "timestamp", "timestamp": "timestamp",
    "interval": "interval", "largebinary": "bytea", "bytea": "bytea", "json": "json", "jsonb": "jsonb",
    "uuid": "uuid", "inet": "inet", "cidr": "cidr", "macaddr": "macaddr", "hstore": "hstore", "tsvector": "tsvector",
    "oid": "oid", "money": "money", "citext": "citext", "vector": "vector", "bit": "bit", "xml": "xml",
    "int4range": "int4range", "int8range": "int8range", "numrange": "numrange", "daterange": "daterange",
    "tsrange": "tsrange", "tstzrange": "tstzrange", "ltree": "ltree",
}  # fmt: skip
SERIALS: Mapping[str, str] = {"smallserial": "int2", "serial": "int4", "bigserial": "int8"}
# Modules whose types are called as PostgreSQL calls them.
OF_LIBRARIES = ("sqlalchemy.", "sqlmodel.", "pgvector.")


def type_of(value: Value) -> Type:
    """The type of a column's argument; a nameless one where it is not known."""
    if isinstance(value, Imported):
        return _named(value.path, {})
    if not isinstance(value, Made):
        return Type()
    kind = value.path.rpartition(".")[2]
    if kind == "with_variant" and isinstance(value.owner, Made | Imported):
        return type_of(value.args[0] if "postgresql" in value.args[1:] else value.owner)
    if kind in ("Enum", "ENUM") and value.path.startswith(OF_LIBRARIES):
        return _enum(value)
    if kind == "ARRAY":
        inner = type_of(value.argument(0, "item_type"))
        return Type(name=inner.name, args=inner.args, enum=inner.enum, array=True)
    return _named(value.path, value.keywords, value.args)


def _named(path: str, keywords: Mapping[str, Value], args: tuple[Value, ...] = ()) -> Type:
    kind = path.rpartition(".")[2]
    name = NAMES.get(kind.lower(), "")
    if not path.startswith(OF_LIBRARIES) or not name:
        return Type()
    if name in ("timestamp", "time") and (keywords.get("timezone") is True or (args and args[0] is True)):
        name = f"{name}tz"
    return Type(name=name, args=_modifiers(name, keywords, args))


def _modifiers(name: str, keywords: Mapping[str, Value], args: tuple[Value, ...]) -> tuple[int, ...]:
    if name in ("varchar", "bpchar"):
        given: tuple[Value, ...] = (args[0] if args else keywords.get("length"),)
    elif name == "numeric":
        given = (*args[:2], *(keywords.get(key) for key in ("precision", "scale")[len(args) :]))
    else:
        return ()
    numbers = [one for one in given if one is not None]
    if not all(isinstance(one, int) for one in numbers):
        return (-1,)
    return tuple(int(str(one)) for one in numbers)


def _enum(made: Made) -> Type:
    if made.keywords.get("native_enum") is False:
        return Type(name="varchar", args=(-1,))
    name = made.keywords.get("name")
    values: tuple[Value, ...] = made.args
    if len(values) == 1 and isinstance(values[0], Class):
        name = name if isinstance(name, str) else values[0].node.name.lower()
        members = {key: one for key, one in values[0].names.items() if not key.startswith("_")}
        by_value = "values_callable" in made.keywords
        values = tuple(one if by_value else key for key, one in members.items() if is_known(one))
    elif len(values) == 1 and isinstance(values[0], Imported):
        name = name if isinstance(name, str) else path_of(values[0]).rpartition(".")[2].lower()
        values = ()
    if not isinstance(name, str):
        return Type()
    schema = made.keywords.get("schema")
    name = join_name(schema, name) if isinstance(schema, str) and schema != "public" else join_name(name)
    creates = made.keywords.get("create_type") is not False and made.keywords.get("metadata") is None
    asks_not_to = not creates and made.path.endswith(".Enum") and made.keywords.get("create_type") is False
    texts = tuple(one for one in values if isinstance(one, str))
    enum = EnumType(name=name, values=texts, creates=creates, asks_not_to=asks_not_to)
    return Type(name=name, enum=enum)


def type_named(name: str, args: tuple[int, ...] = (), *, array: bool = False) -> Type:
    """A type by the name SQL gives it."""
    if name in SERIALS:
        return Type(name=SERIALS[name], serial=True)
    return Type(name=name, args=args, array=array)
