"""What a statement is made of: its verb, tables, columns by clause; reads what the server shows, which may be cut short.

No parser of SQL: it follows clauses and parentheses, which is enough to tell one statement of an application from
another, and still works where track_activity_query_size has cut the end off.
"""

from __future__ import annotations

from forge_doctor.dataclass import dataclass, field
from forge_doctor.regex import regex
from forge_doctor.sql.tokens import CLAUSES, VERBS, follows_function, opens_select, tokens_of

JOINS = frozenset({"join", "left", "right", "full", "inner", "outer", "cross", "lateral"})
LAST_WORD = regex(r"(?<![\w.\"$:])[\w.\"$:]++\Z")
NUMBERED = regex(r"(.+)_\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A statement by its parts. Columns are `table.column` with aliases resolved, or `column` where no table is said.

    `tables` are in order of appearance, `aliased` those that SQLAlchemy gave a numbered alias (`orders AS orders_1`),
    as eager loading does, `bare` those that (also) stand there without one. `outputs` are what the outermost SELECT
    gives; `inner` what belongs to subqueries in FROM and to common table expressions. `labelled`: outputs are named
    `table_column`. `is_cut`: the end is missing.
    """

    verb: str = ""
    tables: tuple[str, ...] = ()
    aliased: frozenset[str] = frozenset()
    bare: frozenset[str] = frozenset()
    outputs: frozenset[str] = frozenset()
    where: frozenset[str] = frozenset()
    joined_on: frozenset[str] = frozenset()
    order: frozenset[str] = frozenset()
    group: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()
    inner: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    labelled: bool = False
    is_cut: bool = False


@dataclass(slots=True)
class _Level:
    """One pair of parentheses: the clause that is read, and where its columns are kept. `is_of_function`: what follows a
    function (OVER, FILTER, WITHIN GROUP), whose columns belong to the clause that it stands in."""

    clause: str
    keeps: str
    select: int
    is_of_function: bool = False


@dataclass(slots=True)
class _Reading:
    tables: dict[str, None] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    aliased: set[str] = field(default_factory=set)
    bare: set[str] = field(default_factory=set)
    columns: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    labels: list[tuple[str, str, str]] = field(default_factory=list)
    lists: set[tuple[str, str]] = field(default_factory=set)

    first: str = ""

    def add(self, kind: str, table: str, column: str) -> None:
        self.first = self.first or table
        self.columns.setdefault(kind, set()).add((table, column))


def shape_of(statement: str, *, cut_at: int = 1000) -> Shape:
    """The shape of a statement as pg_stat_activity or a log shows it; an empty verb where it is none we read.

    `cut_at` is the server's track_activity_query_size less one: so long a text has lost its end.
    """
    is_cut = len(statement.encode()) >= cut_at or statement.endswith("...")
    tokens = list(tokens_of(LAST_WORD.sub("", statement) if is_cut else statement))
    reading = _Reading()
    verb = next((text for kind, text in tokens if kind == "word" and text in VERBS), "")
    if not verb or not tokens or tokens[0][1] not in VERBS | {"with", "("}:
        return Shape()
    _walk(tokens, reading)
    return _shape(verb, reading, is_cut=is_cut)


def _walk(tokens: list[tuple[str, str]], reading: _Reading) -> None:
    levels = [_Level(clause="", keeps="", select=0)]
    position, selects = 0, 0
    while position < len(tokens):
        kind, text = tokens[position]
        level = levels[-1]
        if text == "(" and kind == "mark":
            inner = level.keeps or ("inner" if level.clause in ("from", "with") else "")
            keeps = inner if opens_select(tokens, position) or inner else ""
            if opens_select(tokens, position) and not keeps:
                keeps = "where" if level.clause in ("where", "on") else "inner"
            levels.append(
                _Level(
                    clause=level.clause,
                    keeps=keeps,
                    select=level.select,
                    is_of_function=follows_function(tokens, position),
                )
            )
        elif text == ")" and kind == "mark":
            if len(levels) > 1:
                levels.pop()
        elif kind == "name" or (kind == "word" and _is_set(tokens, position, level)):
            position = _name(tokens, position, level, reading)
        elif kind == "word":
            position = _word(tokens, position, level, reading)
            if text == "select":
                selects += 1
        position += 1


def _is_set(tokens: list[tuple[str, str]], position: int, level: _Level) -> bool:
    """Whether a word is a column that gets a value: one called `key` or `text` may be written without quotes."""
    before = tokens[position - 1][1] if position else ""
    following = tokens[position + 1][1] if position + 1 < len(tokens) else ""
    return level.clause == "set" and before in ("set", ",", "(") and following in ("=", ",", ")")


def _word(tokens: list[tuple[str, str]], position: int, level: _Level, reading: _Reading) -> int:
    text = tokens[position][1]
    following = tokens[position + 1][1] if position + 1 < len(tokens) else ""
    before = tokens[position - 1][1] if position else ""
    if text == "for" and following in ("update", "share", "no", "key"):
        reading.flags.add("for update")
        level.clause = "lock"
        return position + (1 if following == "update" else 0)
    if text == "update" and position and before in ("for", "key", "do"):
        return position
    if text in ("skip", "nowait", "distinct", "exists", "limit", "offset", "union", "returning", "having"):
        reading.flags.add(text)
    if level.is_of_function or (text == "group" and before == "within") or (text == "on" and before == "distinct"):
        return position
    if text == "conflict":
        reading.flags.add("on conflict")
    if text == "from" and level.clause == "out" and before in ("distinct", "epoch"):  # IS DISTINCT FROM, extract()
        return position
    if text in ("update", "delete", "insert", "merge") and not level.keeps:
        level.clause = "from" if text == "update" else level.clause
    if text == "on" and following == "conflict":
        level.clause = "conflict"
        return position
    if text in CLAUSES and not (text == "values" and level.clause == "where"):
        level.clause = CLAUSES[text]
    return position


def _name(tokens: list[tuple[str, str]], position: int, level: _Level, reading: _Reading) -> int:
    """A table, a column or a function; the position of its last token."""
    parts = [tokens[position][1]]
    end = position
    while end + 2 < len(tokens) and tokens[end + 1] == ("mark", ".") and tokens[end + 2][0] in ("name", "word"):
        parts.append(tokens[end + 2][1])
        end += 2
    following = tokens[end + 1] if end + 1 < len(tokens) else ("", "")
    before = tokens[position - 1] if position else ("", "")
    if parts == ["filter"] and before == ("mark", ")") and following == ("mark", "("):
        return end
    if following == ("mark", "(") and level.clause not in ("from", "with", "conflict"):
        reading.functions.add(parts[-1])
        return end
    if level.clause == "with" or before == ("word", "as"):
        if before == ("word", "as") and level.clause == "out" and not level.keeps:
            reading.labels.append(("", "", parts[-1]))
        return end
    if level.clause == "from":
        return _table(tokens, end, parts[-1], before, level, reading)
    kind = level.keeps or level.clause
    if kind == "lock":  # FOR UPDATE OF t
        return end
    table = parts[-2] if len(parts) > 1 else ""
    reading.add(kind, table, parts[-1])
    if level.clause == "out" and not level.keeps and following == ("word", "as") and end + 2 < len(tokens):
        reading.labels.append((table, parts[-1], tokens[end + 2][1]))
    if following == ("word", "in"):
        reading.lists.add((table, parts[-1]))
    return end


def _table(
    tokens: list[tuple[str, str]], end: int, table: str, before: tuple[str, str], level: _Level, reading: _Reading
) -> int:
    following = tokens[end + 1] if end + 1 < len(tokens) else ("", "")
    if following == ("mark", "(") and before[1] not in ("into", "update", "."):
        if before[1] in ("from", "join", ",", "lateral"):  # a function in FROM
            reading.functions.add(table)
            return end
        level.clause = "columns"
    elif following == ("mark", "("):
        level.clause = "set"  # INSERT INTO t (a, b)
    alias = table
    step = 1 if following == ("word", "as") else 0
    if end + 1 + step < len(tokens) and tokens[end + 1 + step][0] == "name":
        alias = tokens[end + 1 + step][1]
        end += 1 + step
    if before == ("mark", ")"):  # the name of a subquery
        return end
    reading.tables.setdefault(table)
    reading.aliases[alias] = table
    numbered = NUMBERED.fullmatch(alias)
    if numbered and alias != table and (table.startswith(numbered[1]) or numbered[1].startswith(table[:20])):
        reading.aliased.add(table)
    else:
        reading.bare.add(table)
    return end


def _shape(verb: str, reading: _Reading, *, is_cut: bool) -> Shape:
    def resolved(*kinds: str) -> frozenset[str]:
        pairs = (pair for kind in kinds for pair in reading.columns.get(kind, ()))
        return frozenset(_column(table, column, reading) for table, column in pairs)

    tables = tuple(reading.tables)
    is_cut = is_cut or (verb == "select" and not tables and bool(reading.columns.get("out")))
    if is_cut:
        tables = _from_outputs(reading)
    labels = [one for one in reading.labels if one[1]]
    numbered = sum(label == f"{table}_{column}" for table, column, label in labels)
    outputs = resolved("out")
    return Shape(
        verb=verb,
        tables=tables,
        aliased=frozenset(reading.aliased),
        bare=frozenset(reading.bare),
        outputs=outputs,
        where=resolved("where"),
        joined_on=resolved("on"),
        order=resolved("order"),
        group=resolved("group"),
        sets=frozenset(column for table, column in reading.columns.get("set", ())),
        inner=resolved("inner", "union"),
        functions=frozenset(reading.functions),
        flags=frozenset(reading.flags),
        lists=frozenset(_column(table, column, reading) for table, column in reading.lists),
        labelled=bool(labels) and numbered * 2 > len(labels),
        is_cut=is_cut,
    )


def _from_outputs(reading: _Reading) -> tuple[str, ...]:
    """What a SELECT whose FROM is cut off reads from, by its columns; a numbered name is an alias."""
    for name in sorted({table for table, _ in reading.columns.get("out", ()) if table}):
        numbered = NUMBERED.fullmatch(name)
        table = numbered[1] if numbered else name
        reading.aliases[name] = table
        if numbered:
            reading.aliased.add(table)
        else:
            reading.tables.setdefault(table)
    plain = [table for table in reading.tables if table == reading.first]
    return (*plain, *(table for table in reading.tables if table != reading.first))


def _column(table: str, column: str, reading: _Reading) -> str:
    """`orders.id`; of a statement with one table, a bare column is that table's."""
    if table:
        numbered = None if table in reading.aliases else NUMBERED.fullmatch(table)
        if numbered:  # an alias whose declaration is cut off
            reading.aliased.add(numbered[1])
        return f"{numbered[1] if numbered else reading.aliases.get(table, table)}.{column}"
    return f"{next(iter(reading.tables))}.{column}" if len(reading.tables) == 1 else column
