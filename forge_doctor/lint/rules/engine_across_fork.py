"""A process is forked while the pool of an engine has connections, and the child takes them.

Why: fork copies the pool, and with it the sockets of its connections: parent and child then speak on one connection at
once. Answers reach the wrong process ("lost synchronization with server", rows of another query, SSL "decryption failed or
bad record mac"), and the connection that one of them closes is gone for the other.

Bad:

    from multiprocessing import Process
    from sqlalchemy import create_engine, text

    engine = create_engine("postgresql+psycopg://localhost/shop")

    def work():
        with engine.connect() as connection:
            connection.execute(text("select 1"))

    def main():
        with engine.connect() as connection:
            connection.execute(text("select 1"))
        Process(target=work).start()

Good:

    from multiprocessing import Process
    from sqlalchemy import create_engine, text

    engine = create_engine("postgresql+psycopg://localhost/shop")

    def work():
        engine.dispose(close=False)
        with engine.connect() as connection:
            connection.execute(text("select 1"))

    def main():
        with engine.connect() as connection:
            connection.execute(text("select 1"))
        Process(target=work).start()

Wrong when: the processes are spawned and not forked, as on macOS, on Windows and with Python 3.14, or the pool was empty.
Told is only a connection taken in the same function before the child is made, be it by `asyncio.run`; a start method that
the file sets, unless it is "fork", an `initializer`, a `dispose()` in the child or before, and NullPool keep this rule silent.

Source: https://docs.sqlalchemy.org/en/20/core/pooling.html#using-connection-pools-with-multiprocessing-or-os-fork
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import Call, FunctionDef, Name, Node
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.coroutines.forks import child_block, taken_by, used_by, used_in_block
from forge_doctor.lint.dataflow.sessions.module_engines import EngineUse
from forge_doctor.lint.dataflow.use_def import entered_or_bound
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"multiprocessing", b"ProcessPoolExecutor", b"os.fork")
# Who calls a service may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("holds",)
POOLS = frozenset({"multiprocessing.Pool", "multiprocessing.pool.Pool", "concurrent.futures.ProcessPoolExecutor"})
HANDING = ("map", "submit", "apply", "apply_async", "map_async", "imap", "imap_unordered", "starmap")
OTHERWISE = (b"spawn", b"forkserver", b"NullPool")
CHOSEN = (b"get_context", b"set_start_method", b"mp_context")
FORK_CHOSEN = regex(rb"(?:get_context|set_start_method)\(\s*(?:method\s*=\s*)?[\"']fork[\"']")


@check(severity=Severity.ERROR)
def engine_across_fork(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what is run in child processes, and at the connections taken before."""
    if is_test_file(file) or not may_fork(file):
        return
    for call in file.calls("fork"):
        block, function = child_block(project, call), call.function
        used = None if block is None else used_in_block(project, block)
        before = None if used is None or function is None else taken_before(project, function, call, used)
        if used is not None and before is not None and used.engine.pool_class != "NullPool":
            yield found(file, call, "the child", used, before)
    for call in file.calls("Process", *HANDING):
        function, task = call.function, task_of(project, call)
        target = None if task is None else project.value_of(task).definition
        if function is None or not isinstance(target, FunctionDef):
            continue
        used = used_by(project, target)
        before = None if used is None else taken_before(project, function, call, used)
        if used is not None and before is not None and used.engine.pool_class != "NullPool":
            yield found(file, call, f"{target.name}()", used, before)


def may_fork(file: SourceFile) -> bool:
    """Whether the file says nothing of another start method."""
    if file.mentions(*OTHERWISE):
        return False
    return not file.mentions(*CHOSEN) or FORK_CHOSEN.search(file.data) is not None


def task_of(project: Project, call: Call) -> Node | None:
    """The function that a child process runs."""
    if call.method == "Process":
        return call.keyword("target") if is_process(project, call) else None
    pool = call.receiver
    made = entered_or_bound(project, pool) if isinstance(pool, Name) else None
    if (
        not isinstance(made, Call)
        or project.qualified(made.func) not in POOLS
        or made.keyword("initializer") is not None
    ):
        return None
    return call.args[0] if call.args else None


def is_process(project: Project, call: Call) -> bool:
    """`multiprocessing.Process(...)`, or that of a context made there."""
    if project.qualified(call.func).startswith("multiprocessing."):
        return True
    made = entered_or_bound(project, call.receiver) if isinstance(call.receiver, Name) else None
    return isinstance(made, Call) and project.qualified(made.func) == "multiprocessing.get_context"


def taken_before(project: Project, function: FunctionDef, call: Call, used: EngineUse) -> EngineUse | None:
    """A connection that the parent has surely taken of the same engine by then, and not disposed of."""
    for one in taken_by(project, function):
        between = function.file.data[one.at.end : call.start]
        same = one.engine.call is used.engine.call and always_before(one.at, call)
        if same and b".dispose(" not in between:
            return one
    return None


def found(file: SourceFile, call: Call, child: str, used: EngineUse, before: EngineUse) -> Finding:
    """The finding, where the child is made."""
    return file.finding(
        engine_across_fork,
        call,
        f"{child} takes connections of an engine whose pool has one since line {before.at.line}: a forked process "
        "gets the same socket, and both speak on it",
        confidence=Confidence.MEDIUM,
        remedy=f"`engine.dispose(close=False)` at the beginning of {child}, or an engine made there",
        related=(
            Related(message="the engine", location=used.engine.call.file.location(used.engine.call)),
            Related(message="takes a connection in the child", location=used.at.file.location(used.at)),
        ),
    )
