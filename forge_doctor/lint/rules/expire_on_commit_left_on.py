"""An async session factory leaves `expire_on_commit` on.

Why: after `commit()` every object of the session is expired: the next read of any attribute sends a
query. In asyncio that query has no `await` and fails with MissingGreenlet, in a response, a log line or
a template far from the commit. SQLAlchemy's own asyncio examples turn it off.

Bad:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    engine = create_async_engine("postgresql+asyncpg://localhost/shop")
    Session = async_sessionmaker(engine)

Good:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    engine = create_async_engine("postgresql+asyncpg://localhost/shop")
    Session = async_sessionmaker(engine, expire_on_commit=False)

Wrong when the sessions are made with the option all the same: whether the factory is configured later, and whether
a call of it (`Session(expire_on_commit=False)`, anywhere in the project) says so, is looked at. A session that a function
makes for itself is told only where an object of it is read behind its commit, no factory of a class that commits nothing,
and none that a function makes for a file that sends nothing but `text()`: its sessions have no object to expire.

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_contents
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, FunctionDef, Name, Return, WithItem
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Edit, Finding, Severity
from forge_doctor.lint.dataflow.objects.expiry import called_name, expires, is_configured, maker_kind, making_calls
from forge_doctor.lint.dataflow.objects.loaded import loaded
from forge_doctor.lint.dataflow.objects.saved_objects import ADDING, adds
from forge_doctor.lint.dataflow.sessions.transactions import calls_named
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"essionmaker", b"AsyncSession")
# What commits, or hands a session or the factory on.
WRITING = regex(r"commit|begin|flush|\.add\(|yield|return self\.\w*[sS]ession|@property")

# What has to do with mapped objects, and where a session or a factory leaves the file.
OBJECTS = regex(rb"\bselect\(|\.(?:add|add_all|merge|query|scalars|get_one|bulk_\w+)\s*\(|\bSQLModel\b|\bglobal\b")
GIVEN = regex(
    rb"(?:session|db)\s*[,)]|(?:return|yield)\s+\w*(?:[sS]ession|[fF]actory|[mM]aker|db)\w*\s*$", re.MULTILINE
)


@check(severity=Severity.INFO)
def expire_on_commit_left_on(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every call that makes a factory or a session."""
    if is_test_file(file):
        return
    for call in making_calls(file):
        if call.keyword("expire_on_commit") is not None:
            continue
        value = maker_kind(project, call)
        if value is None or expires(call) is not True or is_configured(call):
            continue
        if value.kind is Kind.ASYNC_FACTORY and isinstance(call.parent, WithItem):
            continue  # entered as it is, which fails: no session is made of it
        if value.kind is Kind.ASYNC_FACTORY:
            if not is_overridden(project, bound_to(call)) and not commits_nothing(call) and not sends_text_alone(call):
                yield found(file, call)
        elif empties(project, call):
            yield found(file, call)


def bound_to(call: Call) -> str:
    """The last name of what the factory is bound to; empty for none."""
    bound = call.parent
    return bound.target.text.rpartition(".")[2] if isinstance(bound, Assign) else ""


def commits_nothing(call: Call) -> bool:
    """Whether a class makes the factory for itself (`self.sessions = ...`), opens sessions of it and does nothing with them
    that could be committed, as a check of the database's health."""
    around, class_ = call.parent, call.class_
    if not isinstance(around, Assign) or not around.target.text.startswith("self.") or class_ is None:
        return False
    opens = re.escape(around.target.text) + r"\s*\("
    return re.search(opens, class_.text) is not None and WRITING.search(class_.text) is None


def sends_text_alone(call: Call) -> bool:
    """Whether a function makes the factory for a file that hands no session on, and loads and adds no object."""
    around, data = call.parent, call.file.data
    is_local = call.function is not None and isinstance(around, Assign) and isinstance(around.target, Name)
    return is_local and b"text(" in data and OBJECTS.search(data) is None and GIVEN.search(data) is None


@kept_for_the_run
def is_overridden(project: Project, factory: str) -> bool:
    """Whether a call of that name in the project sets the option for the session it makes: off, or on in so many words."""
    call = rb"\b" + re.escape(factory).encode() + rb"\([^()]{0,300}\bexpire_on_commit\s*=\s*(?:False|True)\b"
    data = marked_contents(project, Mark.OPTION) if factory else ()
    return any(re.search(call, one) is not None for one in data if factory.encode() in one)


def empties(project: Project, call: Call) -> bool:
    """Whether a session of its own (`async with AsyncSession(engine) as session:`) is committed and an object of it read
    behind that: what nobody reads, a statement's result and what is refreshed first, loses nothing."""
    item = next((one for one in call.ancestors if isinstance(one, WithItem)), None)
    function = call.function
    if item is None or item.target is None or function is None:
        return False
    session = item.target.text
    commits = [one for one in calls_named(function, ("commit",), call.end, function.end) if one.is_on(session)]
    added = [one for one in calls_named(function, ADDING, call.end, function.end) if one.is_on(session)]
    return any(
        name.start > commit.end
        and always_before(commit, name)
        and not is_refreshed(function, name, commit)
        and (any(adds(one, name.id) for one in added) or loaded(project, name) is not None)
        for commit in commits
        for name in function.find(Name, nested=False)
        if isinstance(name.parent, Return) or is_attribute_read(name)
    )


def is_attribute_read(name: Name) -> bool:
    """Whether it stands in `user.name`, with no call and no assignment."""
    around = name.parent
    if not isinstance(around, Attribute) or around.value is not name:
        return False
    by = around.parent
    return not (isinstance(by, Call) and by.func is around) and not (isinstance(by, Assign) and around in by.targets)


def is_refreshed(function: FunctionDef, name: Name, commit: Call) -> bool:
    """Whether something between fills it again."""
    return any(
        any(one.text == name.id for one in call.args)
        for call in calls_named(function, ("refresh", "merge"), commit.end, name.start)
    )


def found(file: SourceFile, call: Call) -> Finding:
    """The finding with the option to put there."""
    edit = option(file, call)
    return file.finding(
        expire_on_commit_left_on,
        call,
        f"`{called_name(call)}()` leaves expire_on_commit on: "
        "reading an attribute after a commit sends a query and fails with MissingGreenlet",
        remedy=f"{call.func.text}(..., expire_on_commit=False)",
        edits=(edit,),
    )


def option(file: SourceFile, call: Call) -> Edit:
    """Put `expire_on_commit=False` behind the last argument."""
    given = [*call.args, *call.keywords]
    if not given:
        return file.insertion(call.end - 1, "expire_on_commit=False", safe=False)
    last = max(given, key=lambda one: one.end)
    return file.insertion(last.end, ", expire_on_commit=False", safe=False)
