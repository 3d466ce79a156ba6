"""The tables of a project: which classes are mapped to them and what their columns are called; parses no file.

Told by the bytes alone, as the outline of a project is, since all models of it are asked for at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from forge_doctor.dataclass import dataclass, field
from forge_doctor.regex import regex

MARKS = (b"__tablename__", b"mapped_column", b"Mapped[", b"Column(", b"table=True", b"Table(")
CLASS = regex(
    rb"^([ \t]*)class[ \t]{1,9}(\w{1,200})[ \t]{0,9}(?:\[[^\]\n]{0,400}\])?[ \t]{0,9}(?:\(([^)]{0,2000})\))?[ \t]{0,9}:",
    re.MULTILINE,
)
TABLENAME = regex(rb"__tablename__\s{0,9}(?::[^=\n]{1,200})?=\s{0,9}[\"']([\w.]{1,200})[\"']")
ATTRIBUTE = regex(
    rb"^[ \t]{1,60}(\w{1,200})[ \t]{0,9}"
    rb"(?::[ \t]{0,9}(?P<annotation>[^=\n#\[]{1,200}(?:\[[^=#\]]{0,1000}\]{1,6})?[^=\n#\[]{0,60}?))?[ \t]{0,9}"
    rb"(?:=[ \t]*(?:\w+\.)*(?P<maker>\w+)\(\s*(?:[\"'](?P<first>\w+)[\"'])?(?P<rest>[^\n]*(?:\n[ \t]{8,}[^\n]*){0,8}))?"
    rb"(?=\n|$|[ \t])",
    re.MULTILINE,
)
COLUMN_MAKERS = frozenset({"mapped_column", "Column", "Field", "column_property", "deferred"})
RELATIONSHIP_MAKERS = frozenset({"relationship", "Relationship", "dynamic_loader", "backref"})
NAME_KEYWORD = regex(rb"\bname\s*=\s*[\"'](\w+)[\"']|\bColumn\(\s*[\"'](\w+)[\"']")
TARGET = regex(rb"[\"']?(?:\w+\.)*(\w+)[\"']?")
TABLE = regex(rb"^(\w+)[ \t]*(?::[^=\n]+)?=[ \t]*(?:\w+\.)*Table\(\s*[\"'](\w+)[\"']", re.MULTILINE)
TABLE_COLUMN = regex(rb"Column\(\s*[\"'](\w+)[\"']")
INNER = regex(rb"\w+")
MAX_BASES = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mapped:
    """A mapped class or a Table object by its name in code.

    `table` is empty where code makes the name up; `columns` leads from attribute to column, `relationships` from
    attribute to the other class, where known. `updated` are columns with an `onupdate`, `key` the primary key's.
    """

    name: str
    table: str
    path: Path
    bases: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    relationships: dict[str, str] = field(default_factory=dict)
    key: frozenset[str] = frozenset()
    updated: frozenset[str] = frozenset()
    lazy: dict[str, str] = field(default_factory=dict)
    is_abstract: bool = False
    is_mapped: bool = True

    def is_table(self, table: str) -> bool:
        """Whether it may be mapped to that table: by name, or by a name that code makes of the class's."""
        return self.table == table if self.table else not made_names(self.name).isdisjoint(made_names(table))


class Tables:
    """All of a project, each with what it has from its bases."""

    def __init__(self, files: Iterable[tuple[Path, bytes]]) -> None:
        self._own: dict[str, list[Mapped]] = {}
        for path, data in files:
            if any(mark in data for mark in MARKS):
                for one in (*_classes(path, data), *_tables(path, data)):
                    self._own.setdefault(one.name, []).append(one)
        self._whole: dict[int, Mapped] = {}
        self._relationships: set[tuple[str, str]] | None = None

    def named(self, name: str) -> tuple[Mapped, ...]:
        """The mapped classes of that name."""
        found = (self._with_bases(one) for one in self._own.get(name, ()))
        return tuple(one for one in found if one.table or (one.is_mapped and one.columns and not one.is_abstract))

    def every(self) -> Iterator[Mapped]:
        """All of them."""
        for name in self._own:
            yield from self.named(name)

    def leading_to(self, classes: frozenset[str]) -> frozenset[str]:
        """The names of relationships to one of these classes."""
        if self._relationships is None:
            self._relationships = {
                (name, target.rpartition(".")[2]) for one in self.every() for name, target in one.relationships.items()
            }
        return frozenset(name for name, target in self._relationships if target in classes)

    def of(self, table: str) -> tuple[Mapped, ...]:
        """What is mapped to a table; those that say so before those whose name is made."""
        every = [one for one in self.every() if one.is_table(table)]
        return tuple(one for one in every if one.table) or tuple(every)

    def _with_bases(self, mapped: Mapped, depth: int = 0) -> Mapped:
        known = self._whole.get(id(mapped))
        if known is not None or depth > MAX_BASES:
            return known or mapped
        self._whole[id(mapped)] = mapped
        bases = [self._with_bases(self._own[name][0], depth + 1) for name in mapped.bases if name in self._own]
        table = mapped.table or next((one.table for one in bases if one.table), "")
        whole = Mapped(
            name=mapped.name,
            table=table,
            path=mapped.path,
            bases=mapped.bases,
            columns=_joined(one.columns for one in (*reversed(bases), mapped)),
            relationships=_joined(one.relationships for one in (*reversed(bases), mapped)),
            key=mapped.key.union(*(one.key for one in bases)),
            updated=mapped.updated.union(*(one.updated for one in bases)),
            lazy=_joined(one.lazy for one in (*reversed(bases), mapped)),
            is_abstract=mapped.is_abstract,
            is_mapped=mapped.is_mapped or (mapped.columns == {} and any(one.is_mapped for one in bases)),
        )
        self._whole[id(mapped)] = whole
        return whole


def made_names(name: str) -> frozenset[str]:
    """What a class's name and the table's have in common however code makes the one of the other."""
    bare = name.rpartition(".")[2].replace("_", "").lower()
    bare = bare.removesuffix("model").removesuffix("table") or bare
    ends = {bare, bare.removesuffix("s"), bare.removesuffix("es")}
    return frozenset(ends | ({bare[:-3] + "y"} if bare.endswith("ies") else set()))


def _joined(parts: Iterable[dict[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in parts:
        found |= one
    return found


def _classes(path: Path, data: bytes) -> Iterator[Mapped]:
    heads = list(CLASS.finditer(data))
    for index, head in enumerate(heads):
        end = heads[index + 1].start() if index + 1 < len(heads) else len(data)
        body = data[head.end() : end]
        if not any(mark in body for mark in MARKS) and b"table=True" not in (head[3] or b"") and b"Field(" not in body:
            bases = _bases(head[3])
            if bases:  # a class that only inherits: single-table inheritance, a mixin's user
                yield Mapped(name=head[2].decode(), table="", path=path, bases=bases, is_mapped=False)
            continue
        yield _class(path, head, body)


def _class(path: Path, head: re.Match[bytes], body: bytes) -> Mapped:
    columns: dict[str, str] = {}
    relationships: dict[str, str] = {}
    lazy: dict[str, str] = {}
    key, updated = set(), set()
    for found in ATTRIBUTE.finditer(body):
        name, maker = found[1].decode(), (found["maker"] or b"").decode()
        annotation = found["annotation"] or b""
        rest = found["rest"] or b""
        if maker in RELATIONSHIP_MAKERS or (maker == "" and b"Mapped[List[" in annotation):
            relationships[name] = _target(found["first"], annotation, rest)
            lazy[name] = _lazy(rest)
        elif maker in COLUMN_MAKERS or b"Mapped[" in annotation:
            if name.startswith("__"):
                continue
            column = (found["first"] or b"").decode() if maker != "Field" else ""
            renamed = NAME_KEYWORD.search(rest.split(b"\n", 1)[0]) if maker != "Field" else NAME_KEYWORD.search(rest)
            if not column and renamed and b"ForeignKey(" not in rest[: renamed.start()]:
                column = (renamed[1] or renamed[2]).decode()
            columns[name] = column or name
            own = rest.split(b"\n    " + b"x", 1)[0]
            if b"primary_key=True" in own.split(b"\n", 1)[0]:
                key.add(column or name)
            if b"onupdate=" in own.split(b"\n\n", 1)[0]:
                updated.add(column or name)
        elif maker == "" and annotation and b"table=True" in (head[3] or b"") and not name.startswith("_"):
            columns[name] = name
    tablename = TABLENAME.search(body)
    return Mapped(
        name=head[2].decode(),
        table=tablename[1].decode().rpartition(".")[2] if tablename else "",
        path=path,
        bases=_bases(head[3]),
        columns=columns,
        relationships=relationships,
        key=frozenset(key),
        updated=frozenset(updated),
        lazy=lazy,
        is_abstract=b"__abstract__ = True" in body,
        is_mapped=b"table=True" in (head[3] or b"") or any(mark in body for mark in MARKS),
    )


def _bases(written: bytes | None) -> tuple[str, ...]:
    parts = (part.strip() for part in (written or b"").split(b","))
    names = (INNER.findall(part.partition(b"[")[0]) for part in parts if part and b"=" not in part)
    return tuple(found[-1].decode() for found in names if found)


def _target(first: bytes | None, annotation: bytes, rest: bytes) -> str:
    if first:
        return first.decode()
    if annotation:
        words = [word.decode() for word in INNER.findall(annotation.partition(b"#")[0])]
        return next((word for word in reversed(words) if word not in ("None", "Optional")), "")
    found = TARGET.match(rest.lstrip())
    return found[1].decode() if found else ""


def _lazy(rest: bytes) -> str:
    found = re.search(rb"\blazy\s*=\s*[\"'](\w+)[\"']", rest)
    return found[1].decode() if found else "select"


def _tables(path: Path, data: bytes) -> Iterator[Mapped]:
    for found in TABLE.finditer(data):
        end = data.find(b"\n)", found.end())
        body = data[found.end() : end if end > 0 else found.end() + 2000]
        columns = {one.decode(): one.decode() for one in TABLE_COLUMN.findall(body)}
        yield Mapped(name=found[1].decode(), table=found[2].decode(), path=path, columns=columns)
