"""A JSON or ARRAY column is changed in place, and the session does not see it.

Why: the session compares the value of a column with the one that was loaded. `order.notes["x"] = 1` and `order.tags.append(x)`
change the loaded value itself: nothing differs, the commit sends no UPDATE, and the change is gone with no error. Nor does
it help to assign the same object again, as `order.notes = notes` does, or a copy of it (`order.notes = dict(order.notes)`): it
is compared with the object that was loaded, which has changed as well.

Bad:

    from sqlalchemy.dialects.postgresql import JSONB
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase): ...

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        notes: Mapped[dict] = mapped_column(JSONB, default=dict)

    async def note(db: AsyncSession, number: int, text: str):
        order = await db.get_one(Order, number)
        order.notes["last"] = text
        await db.commit()

Good:

    from sqlalchemy.dialects.postgresql import JSONB
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase): ...

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        notes: Mapped[dict] = mapped_column(JSONB, default=dict)

    async def note(db: AsyncSession, number: int, text: str):
        order = await db.get_one(Order, number)
        order.notes = {**order.notes, "last": text}
        await db.commit()

Wrong when: the type tracks changes (`MutableDict.as_mutable(JSONB)`), `flag_modified()` says it, the object is new, or nobody
meant to save it. The type, the function and what it assigns are looked at, and whether it commits or flushes behind the change.
Less sure is a function of the project that is given the value and changes it, and a method of the mapped class that changes its
own, for whoever saves the object.

Source: https://docs.sqlalchemy.org/en/20/core/type_basics.html#sqlalchemy.types.JSON (detecting changes in JSON columns);
https://docs.sqlalchemy.org/en/20/orm/extensions/mutable.html; Vigil-SOC/vigil#543; tried with SQLAlchemy 2.1.9, asyncpg 0.32
and PostgreSQL 15
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.check import check
from forge_doctor.code.orm.column_types import document_names, untracked_document
from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.library.kinds import words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    BoolOp,
    Call,
    ClassDef,
    Delete,
    FunctionDef,
    If,
    Keyword,
    Name,
    Node,
    Param,
    Subscript,
    With,
)
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.objects.column_places import instance_of, read_of_something
from forge_doctor.lint.dataflow.objects.loaded import loaded
from forge_doctor.lint.dataflow.objects.loaded_objects import PLAIN, Shape
from forge_doctor.lint.dataflow.sessions.commits_at_exit import commits_at_exit
from forge_doctor.lint.dataflow.sessions.transactions import begin_blocks, calls_between
from forge_doctor.lint.dataflow.use_def import few_reads_of, param_reads, parameter_name
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"commit", b"flush", b"with ", b"JSON", b"ARRAY")
# Who changes what a repository loads may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("queries",)
CHANGING = words("append extend insert remove pop clear update setdefault popitem sort reverse add discard")
PATH = regex(r"[\w.]+")
SEEN = regex(rb"flag_modified|flag_dirty|\.changed\(\)|\.merge\(|expunge|make_transient|deepcopy|no_autoflush")
# A copy that is equal to what it is made of: nothing is put in or left out.
COPIED = regex(
    r"(?:dict|list|copy|copy\.copy)\(\s*([\w.]+)\s*\)|([\w.]+)\.copy\(\)|\{\s*\*\*([\w.]+)(?:\s*,)?\s*\}"
    r"|\[\s*\*([\w.]+)(?:\s*,)?\s*\]|([\w.]+)\[:\]"
)


# Methods that show the object, or make it.
SHOWING = regex(
    r"_*(?:init|new|to|as|get|dump|serial|repr|str|json|dict|render|format|copy|clone|export|build|make)(?:_|$)"
)


class Change(NamedTuple):
    """A place that changes the value inside, and the assignment of the same object behind it, if there is one."""

    place: Node
    again: Assign | None = None
    is_copy: bool = False


@check(severity=Severity.ERROR)
def json_change_not_tracked(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what is done with each JSON or ARRAY column that is read of a loaded object."""
    if is_test_file(file):
        return
    for name in sorted(one for one in document_names(project) if one.encode() in file.words):
        told: set[FunctionDef] = set()
        for read in read_of_something(file, name):
            function = read.function
            change = None if function is None or function in told else changed(project, read)
            if change is None or function is None or is_sent_itself(function, read, change):
                continue
            if not is_saved(project, function, change) and own_model(project, read) is None:
                continue
            found = judged(file, project, read, change)
            if found is not None and not is_assigned(function, read, change):
                told.add(function)
                yield found


def judged(file: SourceFile, project: Project, read: Attribute, change: Change) -> Finding | None:
    """The finding, where the object was loaded and the column tracks nothing."""
    held = loaded(project, read.value, PLAIN)
    is_loaded = held is not None and held.shape is Shape.OBJECT and not held.is_made
    model = (
        held.model if held is not None and is_loaded else given_model(project, read.value) or own_model(project, read)
    )
    kind = "" if model is None else untracked_document(project, model, read.attr)
    if model is None or not kind:
        return None
    place = change.again or change.place
    is_argument = isinstance(read.parent, Keyword) or (isinstance(read.parent, Call) and read is not read.parent.func)
    does = "is given the object it has, changed" if change.again is not None else "is changed in place"
    why = f"a plain {kind} column sees no change inside of its value"
    if change.is_copy:
        does, why = "is given a copy of what it has, changed before", "the session finds the two equal"
    return file.finding(
        json_change_not_tracked,
        place,
        f"`{read.text}` {does}, and {why}: the commit sends no UPDATE for `{model.class_.name}.{read.attr}`, and the change "
        "is lost",
        confidence=Confidence.HIGH if is_loaded and change.again is None and not is_argument else Confidence.MEDIUM,
        remedy=f"assign a new object (`{read.text} = {{**{read.text}, ...}}`), call flag_modified() or declare the column with "
        "MutableDict.as_mutable() / MutableList.as_mutable()",
        related=(Related(message="changed here", location=file.location(change.place)),) if change.again else (),
    )


def own_model(project: Project, read: Attribute) -> Model | None:
    """The mapped class whose method changes a column of its own object, for who saves that: one that makes something else of
    the object may take its value apart."""
    function = read.function
    owner = None if function is None else function.owner
    if function is None or not isinstance(owner, ClassDef) or function.decorators or is_seen(function):
        return None
    is_own = read.value.text in function.param_names[:1] and SHOWING.match(function.name) is None
    return project.model(owner) if is_own else None


def given_model(project: Project, node: Node) -> Model | None:
    """The model of an object that the function was given."""
    found = project.scopes(node.file).lookup(node.text, node) if isinstance(node, Name) else None
    is_given = found is not None and len(found[1]) == 1 and isinstance(found[1][0].node, Param)
    return instance_of(project, node) if is_given else None


def changed(project: Project, read: Attribute) -> Change | None:
    """What changes the value of the column: right there, or by a name that it is bound to."""
    place = change_at(read) or changed_by_callee(project, read)
    if place is not None:
        copy = copied_behind(read, read.text, place)
        return Change(place) if copy is None else Change(place, copy, is_copy=True)
    given = read.parent if isinstance(read.parent, BoolOp) and read.parent.left is read else read
    assign = given.parent
    if not isinstance(assign, Assign) or assign.value is not given or not isinstance(assign.target, Name):
        return None
    places = [change_at(one) for one in few_reads_of(project, assign.target, assign) or ()]
    changes = [one for one in places if one is not None]
    if not changes:
        return None
    assigned = assigned_behind(read, changes[0])
    same = next((one for one in assigned if one.value is not None and one.value.text == assign.target.text), None)
    copy = copied_behind(read, assign.target.text, changes[0]) if same is None else None
    if copy is not None and changes[-1].start < copy.start:
        return Change(changes[0], copy, is_copy=True)
    # With `or {}` a new object is changed where there was none, and has to be assigned.
    return Change(changes[0], same) if same is not None or given is read else None


def assigned_behind(read: Attribute, place: Node) -> list[Assign]:
    """Where the same column of the same name is given something behind a place."""
    again = (
        one
        for one in read_of_something(read.file, read.attr, read.function)
        if one.text == read.text and one.start > place.end and one.function is read.function
    )
    return [one.parent for one in again if isinstance(one.parent, Assign) and one.parent.target is one]


def copied_behind(read: Attribute, source: str, place: Node) -> Assign | None:
    """The assignment behind a change in place that gives the column an equal copy of its changed value, if it is the only one
    and nothing is changed behind it: `order.notes = dict(order.notes)`. The session compares what is assigned with the object it
    had, which has changed as well."""
    assigned = assigned_behind(read, place)
    value = assigned[0].value if len(assigned) == 1 else None
    copied = None if value is None else COPIED.fullmatch(value.text)
    if copied is None or next(one for one in copied.groups() if one) != source:
        return None
    behind = (one for one in read_of_something(read.file, read.attr, read.function) if one.start > assigned[0].end)
    return None if any(one.text == read.text and change_at(one) is not None for one in behind) else assigned[0]


def changed_by_callee(project: Project, read: Attribute) -> Call | None:
    """The call that hands the value to a function of the project which changes it in place: `set_option(order.notes, ...)`."""
    given = read.parent
    call = given.parent if isinstance(given, Keyword) else given
    function = project.called(call) if isinstance(call, Call) and read is not call.func else None
    if function is None or not isinstance(call, Call) or given is None or is_seen(function):
        return None
    name = parameter_name(function, call, read, given)
    is_bound_again = any(one.target.text == name for one in function.find(Assign, nested=False))
    reads = () if not name or is_bound_again else param_reads(project, function, name)
    return call if any(change_at(one) is not None for one in reads) else None


def is_seen(function: FunctionDef) -> bool:
    """Whether anything in a function may tell the session of the change."""
    return SEEN.search(function.file.data, function.start, function.end) is not None


def change_at(read: Node) -> Node | None:
    """The statement or call that changes what is read there: `x[...] = y`, `x[...][...] += y`, `del x[...]`, `x.append(y)`."""
    around: Node = read
    while isinstance(around.parent, Subscript) and around.parent.value is around:
        around = around.parent
    parent = around.parent
    if isinstance(parent, Attribute) and parent.value is around and parent.attr in CHANGING:
        call = parent.parent
        return call if isinstance(call, Call) and call.func is parent else None
    if around is read:
        return None
    if isinstance(parent, Assign) and around in parent.targets:
        return parent
    return parent if isinstance(parent, Delete) else None


def is_sent_itself(function: FunctionDef, read: Attribute, change: Change) -> bool:
    """Whether a statement behind the change sends the value: `update(User).values(data=user.data)`."""
    later = calls_between(function, change.place.end, function.end)
    return any(one.method == "values" and read.text in PATH.findall(one.text) for one in later)


def is_saved(project: Project, function: FunctionDef, change: Change) -> bool:
    """Whether the function saves behind the change, and nothing in it tells the session of one."""
    if is_seen(function):
        return False
    later = list(calls_between(function, change.place.end, function.end))
    if any(one.method == "query" for one in later):
        return False
    is_sent = any(one.method in ("commit", "flush") and one.receiver is not None for one in later)
    return (
        is_sent or any(True for _ in begin_blocks(project, change.place)) or is_left_committing(project, change.place)
    )


def is_left_committing(project: Project, place: Node) -> bool:
    """Whether a block around the place commits when it is left: `with self.scope() as session:`."""
    blocks = (one for one in place.ancestors if isinstance(one, With))
    return any(commits_at_exit(project, item.value) for block in blocks for item in block.items)


def is_assigned(function: FunctionDef, read: Attribute, change: Change) -> bool:
    """Whether the column is given another object in the function, be it only where it has none: that is looked at apart."""
    for one in read_of_something(function.file, read.attr, function):
        assign = one.parent
        if one.function is not function or one.text != read.text or not isinstance(assign, Assign):
            continue
        if assign.target is one and assign is not change.again and not is_default(assign, read, change.place):
            return True
    return False


def is_default(assign: Assign, read: Attribute, place: Node) -> bool:
    """Whether it stands for a value that is missing: `if order.notes is None: order.notes = {}`, and the change behind it."""
    around = assign.parent
    while around is not None and not isinstance(around, If | FunctionDef):
        around = around.parent
    if not isinstance(around, If) or around.contains(place):
        return False
    return around.test.text in (f"{read.text} is None", f"not {read.text}")
