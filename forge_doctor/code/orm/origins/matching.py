"""Whether a place in the source can have built a statement, and how much of it that explains."""

from __future__ import annotations

from typing import NamedTuple

from forge_doctor.code.orm.origins.building import Key, Site
from forge_doctor.code.orm.origins.references import ANY
from forge_doctor.code.orm.origins.tables import Mapped, made_names
from forge_doctor.sql.shape import Shape

# Share of a class's columns that a statement gives which loads it whole: some may be deferred.
WHOLE = 0.6
# Columns that are commonly set by `onupdate` where the declaration is out of sight.
FILLED = frozenset({"updated", "updated_at", "modified_at", "last_modified"})


class Fit(NamedTuple):
    """How well a place explains a statement: the fewer parts are left over, the better; then, the more it names."""

    left_over: int
    unsaid: int
    explained: int
    is_exact: bool


def fit(site: Site, shape: Shape) -> Fit | None:
    """How it fits; None where the statement lacks what the place always has, or has what it cannot have."""
    if site.verb != shape.verb or (shape.verb == "select" and not shape.labelled and site.is_legacy and shape.outputs):
        return None
    if shape.labelled and not site.is_legacy and shape.verb == "select":
        return None
    tables = _tables_of(site, shape)
    if tables is None or (not shape.tables and (site.tables or not site.always)):
        return None
    if _is_joined_by_itself(site, shape) and not _writes(site, "alias"):
        return None
    if shape.lists and not site.is_open and not _writes(site, "in_(", "any_("):
        return None
    keys = _keys(shape)
    main = shape.tables[0] if shape.tables else ""
    wanted = {_known_as(key, shape, main) for key in site.always}
    known = wanted | {_known_as(key, shape, main) for key in site.maybe}
    missing = {key for key in wanted if not _has(key, shape, keys)}
    if missing and not shape.is_cut:
        return None
    if not _outputs_fit(site, shape):
        return None
    left = {key for key in keys if key not in known and not _is_any(key, known, site)}
    left -= {key for key in left if key[0] in ("out", "set") and _is_entity(site, key[1], shape)}
    left -= {key for key in left if key[0] == "set" and _is_filled(site, key[1].rpartition(".")[2])}
    left -= {key for key in left if key[0] == "on" or key[1].rpartition(".")[0] in shape.aliased}
    left -= {key for key in left if key[0] == "eager" and (key[1] in tables or _is_eager(site))}
    others = len(set(shape.tables) - tables - shape.aliased)
    if (left or others) and not site.is_open and not (shape.is_cut and len(left) + others < 3):
        return None
    explained = len(keys & known)
    if site.is_open and (len(left) + others > explained or not (explained or site.entities)):
        return None
    return Fit(
        left_over=len(left) + others,
        unsaid=len({key for key in known - wanted if key not in keys}),
        explained=explained,
        is_exact=not left and not others and not site.is_generic,
    )


def _says_something(site: Site) -> bool:
    """Whether anything but flags is there for sure: a place of which all is put together elsewhere may send any statement."""
    return bool(site.tables or site.entities or site.is_generic or any(clause != "flag" for clause, _ in site.always))


def _keys(shape: Shape) -> frozenset[Key]:
    clauses = (
        ("where", shape.where), ("order", shape.order), ("group", shape.group), ("out", shape.outputs),
        ("func", shape.functions), ("flag", shape.flags - {"skip", "nowait", "having"}), ("on", shape.joined_on),
    )  # fmt: skip
    # A table that only ties two others gives no columns, and is named in no option.
    gives = {one.rpartition(".")[0] for one in shape.outputs}
    eager = {("eager", one) for one in shape.aliased & gives}
    sets = {("set", f"{shape.tables[0] if shape.tables else ''}.{one}") for one in shape.sets}
    return frozenset((clause, one) for clause, words in clauses for one in words) | sets | eager


def _has(key: Key, shape: Shape, keys: frozenset[Key]) -> bool:
    clause, what = key
    if key in keys or what in shape.inner:
        return True
    if clause == "where":  # put into ON by a join, or into a subquery
        return what in shape.joined_on or what in shape.outputs
    if clause in ("order", "group", "out"):
        return what in shape.outputs and clause != "out"
    return False


def _known_as(key: Key, shape: Shape, main: str) -> Key:
    """With the statement's own name of a table, where code only knows the class or `*`."""
    clause, what = key
    if clause in ("flag", "func"):
        return key
    if clause == "eager":
        made = made_names(what)
        return clause, next((one for one in shape.aliased if one == what or not made.isdisjoint(made_names(one))), what)
    table, _, column = what.rpartition(".")
    if table == ANY:
        return clause, f"{main}.{column}"
    if table not in shape.tables:
        made = made_names(table)
        table = next((one for one in shape.tables if not made.isdisjoint(made_names(one))), table)
    return clause, f"{table}.{column}"


def _is_any(key: Key, known: set[Key], site: Site) -> bool:
    """What needs no place of its own: the keys that tie an entity to what is loaded with it."""
    clause, what = key
    if clause == "flag":
        return what == "returning" and site.verb in ("insert", "update")
    if clause == "func":
        return what == "now" or (what in ("count", "coalesce") and site.is_open)
    return clause in ("order", "where") and ("out", what) in known


def _tables_of(site: Site, shape: Shape) -> set[str] | None:
    """The statement's tables the place accounts for; None where one of its own is not among them."""
    if shape.tables and not _says_something(site):
        return None
    accounted: set[str] = set()
    for table in site.tables:
        found = _named_so(table, shape, site.entities)
        if found is None:
            if shape.is_cut:
                continue
            return None
        accounted.add(found)
    for table in site.maybe_tables:
        found = _named_so(table, shape, site.entities)
        if found is not None:
            accounted.add(found)
    if site.is_generic and shape.tables and not site.entities and not shape.is_cut:
        accounted.add(shape.tables[0])
    return accounted if accounted or not shape.tables else None


def _is_joined_by_itself(site: Site, shape: Shape) -> bool:
    """Whether a table that the place names is in the statement only as eager loading joins it, by a numbered alias."""
    named = {_named_so(table, shape, site.entities) for table in site.tables}
    return any(one in shape.aliased and one not in shape.bare for one in named if one is not None)


def _writes(site: Site, *words: str) -> bool:
    """Whether one of the words stands in its function; of a place outside any, nobody asks."""
    around = site.node.function
    return around is None or any(word in around.text for word in words)


def _named_so(table: str, shape: Shape, entities: tuple[Mapped, ...]) -> str | None:
    if table in shape.tables:
        return table
    explicit = any(one.table == table for one in entities)
    made = made_names(table)
    return None if explicit else next((one for one in shape.tables if not made.isdisjoint(made_names(one))), None)


def _outputs_fit(site: Site, shape: Shape) -> bool:
    """An entity's columns are all there; where columns are asked for, no others are."""
    if shape.verb != "select" or shape.is_cut or not shape.outputs:
        return not (shape.verb == "select" and site.entities and not shape.is_cut and not shape.inner)
    for one in site.entities:
        table = _named_so(one.table or one.name, shape, site.entities)
        given = {what.rpartition(".")[2] for what in shape.outputs if what.rpartition(".")[0] == table}
        columns = set(one.columns.values())
        if len(given) < 2 and len(columns) > 1 and not site.is_partial and not site.is_open:
            return False
        if columns and not site.is_partial and len(given & columns) < WHOLE * len(columns):
            return False
    return True


def _is_filled(site: Site, column: str) -> bool:
    """Whether SQLAlchemy sets it by itself: by `onupdate`, or by a default of a row that is made."""
    if site.verb == "insert":
        return any(column in one.columns.values() for one in site.entities)
    return column in FILLED or any(column in one.updated for one in site.entities)


def _is_eager(site: Site) -> bool:
    """Whether a class of the place loads others with itself, by its own declaration."""
    return any(word == "joined" for one in site.entities for word in one.lazy.values()) or site.is_open


def _is_entity(site: Site, what: str, shape: Shape) -> bool:
    table = what.rpartition(".")[0]
    if site.is_generic and not site.entities:
        return True
    names = {_named_so(one.table or one.name, shape, site.entities) for one in site.entities}
    return table in names or table in shape.aliased
