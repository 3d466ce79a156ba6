"""Which index a read of a whole table asks for, unless there is one; whether it helps is for the server to say.

Never one whose columns an index of the table begins with, and never for a small table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from forge_doctor.dataclass import dataclass
from forge_doctor.regex import regex
from forge_doctor.slow.inference.accesses import Access
from forge_doctor.slow.inference.predicates import Term
from forge_doctor.slow.server.schema import Column, Index, Table
from forge_doctor.slow.situation import Situation
from forge_doctor.sql.quoting import quote_identifier

SMALLEST_ROWS = 10_000
# Of the rows a plan expects to keep more than this share, an index would be asked for too much of the table.
MOST_KEPT_RATIO = 0.05
MOST_COLUMNS = 2
LONGEST_NAME = 63
BLOCK_BYTES = 8192
# A column whose values repeat so little needs no second one beside it.
SELECTIVE_RATIO = 0.001
_QUOTED = regex(r'"[^"]*"')
# Of a name as we quote it (`U&"a\000Ab"`): the server writes the character itself.
_ESCAPED = regex(r'U&(?=")|\\(?:\+(?P<long>[0-9A-F]{6})|(?P<short>[0-9A-F]{4})|\\)')
# Types whose casts read the session's time zone, date style or currency.
OF_SETTINGS = ("date", "time", "interval", "money")
TEXT_TYPES = ("character varying", "text", "character", "citext")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An index: `keys` as it is written, `terms` the comparisons it answers. `method` is btree or gin."""

    table: Table
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    terms: tuple[Term, ...] = ()
    method: str = "btree"

    @property
    def name(self) -> str:
        """As SQLAlchemy would name it (`ix_books_author_id`), as long as the server allows."""
        words = "_".join(("ix", self.table.name, *self.columns))
        return words.encode()[:LONGEST_NAME].decode(errors="ignore")

    @property
    def definition(self) -> str:
        """What is asked of HypoPG, and by which a trial is found again."""
        method = "" if self.method == "btree" else f" USING {self.method}"
        return f"CREATE INDEX ON {self.table.quoted}{method} ({', '.join(self.keys)})"


def proposals(access: Access, situation: Situation) -> tuple[Proposal, ...]:
    """The indexes that would answer the read, the likeliest first; none where one is there already."""
    if access.table.rows < SMALLEST_ROWS or access.narrowed:
        return ()
    found = [one for one in (_by_value(access, situation), _by_order(access)) if one is not None]
    return tuple(one for one in found if not covered(one, situation.indexes_of(access.table)))


def expression_proposals(access: Access, situation: Situation) -> tuple[Proposal, ...]:
    """For comparisons of a column inside a cast or a function: an index of the same expression."""
    if access.table.rows < SMALLEST_ROWS or access.narrowed:
        return ()
    wrapped = (one for one in access.terms if is_wrapped(one, situation.column_of(access.table, one.column)))
    found = (
        Proposal(table=access.table, keys=(_parenthesised(one),), columns=(one.column, one.wrapper), terms=(one,))
        for one in wrapped
        if one.expression and (one.is_equality or one.is_range)
    )
    return tuple(one for one in found if not covered(one, situation.indexes_of(access.table)))


def is_immutable(term: Term, column: Column | None) -> bool:
    """Whether an index may be made of the expression: its value must depend on no setting, such as the time zone."""
    if term.wrapped != "cast":
        return True  # of functions, only those known to be are written out as expressions
    kind = column.kind if column else ""
    if term.wrapper == "date" and kind in ("timestamp without time zone", "date"):
        return True
    return not any(word in f"{kind} {term.wrapper}" for word in OF_SETTINGS)


def is_wrapped(term: Term, column: Column | None) -> bool:
    """Whether what stands around the column keeps its index from being used: a cast to text of a text does not."""
    if term.wrapped != "cast":
        return bool(term.wrapped)
    kind = column.kind if column else ""
    return not (term.wrapper in ("text", "varchar") and kind.startswith(TEXT_TYPES))


def covered(proposal: Proposal, indexes: Iterable[Index]) -> bool:
    """Whether an index that can be used begins with the same keys: then the planner had its reasons."""
    wanted = [plain_key(one) for one in proposal.keys]
    for index in indexes:
        if index.predicate or index.method != proposal.method or not (index.valid or index.being_made):
            continue
        keys = [plain_key(one) for one in index.keys]
        if keys[: len(wanted)] == wanted or (keys and keys[0] == wanted[0]) or set(keys[: len(wanted)]) == set(wanted):
            return True
    return False


def has_index_on(column: str, table: Table, situation: Situation) -> bool:
    """Whether an index that can be used begins with this very column."""
    wanted = plain_key(column)
    return any(
        bool(one.keys) and plain_key(one.keys[0]) == wanted and one.valid and not one.predicate
        for one in situation.indexes_of(table)
    )


def plain_key(key: str) -> str:
    """A key without what writes the same in two ways: quotes, blanks, parentheses, casts to text, the direction."""
    word = _ESCAPED.sub(_unescaped, key) if 'U&"' in key else key
    word = word.removesuffix(" DESC").replace('"', "").replace(" ", "")
    return word.replace("::text", "").replace("(", "").replace(")", "").casefold()


def without_names(key: str) -> str:
    """A key without its quoted names, whatever stands in them."""
    return _QUOTED.sub("", key)


def _unescaped(found: re.Match[str]) -> str:
    if found[0] == "U&":
        return ""
    code = found["long"] or found["short"]
    return chr(int(code, 16)) if code else "\\"


def _by_value(access: Access, situation: Situation) -> Proposal | None:
    ratio = access.kept_ratio
    if ratio is not None and ratio > MOST_KEPT_RATIO and not access.joined:
        return None
    plain = [
        one
        for one in access.terms
        if not is_wrapped(one, situation.column_of(access.table, one.column)) and _can_be_asked(one, access)
    ]
    equal = _most_distinct_first([one for one in plain if one.is_equality], access.table, situation)
    if access.walked:
        return _for_walk(access, equal)
    ranges = [one for one in plain if one.is_range]
    chosen = _enough(equal, access.table, situation)
    if not chosen and not _two_sided(ranges):
        return None
    if ranges and len(chosen) < MOST_COLUMNS:
        chosen.append(ranges[0])
    elif not access.joined and not _worth(chosen, access.table, situation):
        return None
    columns = tuple(dict.fromkeys(one.column for one in chosen))
    return Proposal(
        table=access.table, keys=tuple(map(quote_identifier, columns)), columns=columns, terms=tuple(chosen)
    )


def _for_walk(access: Access, equal: Sequence[Term]) -> Proposal | None:
    """What is compared, then the order that the index is walked for."""
    if not equal or not access.order:
        return None
    columns = tuple(dict.fromkeys((equal[0].column, *access.order)))
    return Proposal(table=access.table, keys=tuple(map(quote_identifier, columns)), columns=columns, terms=(equal[0],))


def _worth(chosen: Sequence[Term], table: Table, situation: Situation) -> bool:
    """Whether the rows it would give are fewer than the blocks of the table: they lie anywhere in it, one block each."""
    share = 1.0
    for term in chosen:
        distinct = _distinct(situation.column_of(table, term.column), table)
        if distinct is None:
            return True  # nobody knows
        share /= max(1.0, distinct)
    return table.rows * share <= table.size_bytes / BLOCK_BYTES / 2


def _can_be_asked(term: Term, access: Access) -> bool:
    """A value that is known before the table is read; of a join the other side, when that side comes first."""
    return term.value != "column" or access.joined or access.node is None


def _enough(equal: Sequence[Term], table: Table, situation: Situation) -> list[Term]:
    chosen: list[Term] = []
    ratio = 1.0
    for term in equal[:MOST_COLUMNS]:
        chosen.append(term)
        ratio /= max(1.0, _distinct(situation.column_of(table, term.column), table) or 1.0)
        if ratio <= SELECTIVE_RATIO:
            break
    return chosen


def _most_distinct_first(terms: Sequence[Term], table: Table, situation: Situation) -> list[Term]:
    named = {one.column: one for one in reversed(terms)}
    order = {one.column: at for at, one in enumerate(terms)}
    return sorted(
        named.values(),
        key=lambda one: (-(_distinct(situation.column_of(table, one.column), table) or 0.0), order[one.column]),
    )


def _distinct(column: Column | None, table: Table) -> float | None:
    if column is None or not column.known:
        return None
    return -column.distinct * table.rows if column.distinct < 0 else column.distinct


def _two_sided(ranges: Sequence[Term]) -> bool:
    """`x >= a AND x < b`: an index of x is asked for a piece; of `x > a` alone nobody knows how much."""
    sides = {(one.column, one.operator[0]) for one in ranges}
    return any((column, "<") in sides and (column, ">") in sides for column, _ in sides)


def _by_order(access: Access) -> Proposal | None:
    if not access.order or access.walked:
        return None
    directions = {one.startswith("-") for one in access.order}
    equal = [one for one in access.terms if one.is_equality and not one.wrapped and one.value != "column"]
    if len(equal) < len(access.terms) or len(equal) > 1:
        return None  # rows that are thrown away on the way make the order worth little
    first = tuple(one.column for one in equal)
    columns = tuple(dict.fromkeys((*first, *(one.removeprefix("-") for one in access.order))))
    descending = (
        {one.removeprefix("-") for one in access.order if one.startswith("-")} if len(directions) == 2 else set()
    )
    keys = tuple(f"{quote_identifier(one)}{' DESC' if one in descending else ''}" for one in columns)
    return Proposal(table=access.table, keys=keys, columns=columns, terms=tuple(equal))


def _parenthesised(term: Term) -> str:
    return f"({term.expression})" if term.wrapped == "cast" else term.expression


def each(access_list: Sequence[Access], situation: Situation) -> Iterator[Proposal]:
    """All that could be tried for a statement, each once."""
    seen: set[str] = set()
    for access in access_list:
        for one in (*proposals(access, situation), *expression_proposals(access, situation)):
            if one.definition not in seen:
                seen.add(one.definition)
                yield one
