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
Told is only a connection taken in the same function before the child is made; a start method that the file sets, an
`initializer`, a `dispose()` in the child or before, and NullPool keep this rule silent.

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
from forge_doctor.lint.dataflow.sessions.module_engines import EngineUse, engine_used, taken_in
from forge_doctor.lint.dataflow.use_def import entered_or_bound

SUSPECT = AnyWord(b"multiprocessing", b"ProcessPoolExecutor")
# Who calls a service may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("holds",)
POOLS = frozenset({"multiprocessing.Pool", "multiprocessing.pool.Pool", "concurrent.futures.ProcessPoolExecutor"})
HANDING = ("map", "submit", "apply", "apply_async", "map_async", "imap", "imap_unordered", "starmap")
CHOSEN = (b"spawn", b"forkserver", b"get_context", b"set_start_method", b"mp_context", b"NullPool")


@check(severity=Severity.ERROR)
def engine_across_fork(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what is run in child processes, and at the connections taken before."""
    if is_test_file(file) or file.mentions(*CHOSEN):
        return
    for call in file.calls("Process", *HANDING):
        function, task = call.function, task_of(project, call)
        target = None if task is None else project.value_of(task).definition
        if function is None or not isinstance(target, FunctionDef) or b".dispose(" in text_of(target):
            continue
        used = engine_used(project, target)
        before = None if used is None else taken_before(project, function, call, used)
        if used is not None and before is not None and used.engine.pool_class != "NullPool":
            yield found(file, call, target, used, before)


def task_of(project: Project, call: Call) -> Node | None:
    """The function that a child process runs."""
    if call.method == "Process":
        return call.keyword("target") if project.qualified(call.func).startswith("multiprocessing.") else None
    pool = call.receiver
    made = entered_or_bound(project, pool) if isinstance(pool, Name) else None
    if (
        not isinstance(made, Call)
        or project.qualified(made.func) not in POOLS
        or made.keyword("initializer") is not None
    ):
        return None
    return call.args[0] if call.args else None


def taken_before(project: Project, function: FunctionDef, call: Call, used: EngineUse) -> EngineUse | None:
    """A connection that the parent has surely taken of the same engine by then, and not disposed of."""
    for one in taken_in(project, function):
        between = function.file.data[one.at.end : call.start]
        same = one.engine.call is used.engine.call and always_before(one.at, call)
        if same and b".dispose(" not in between:
            return one
    return None


def text_of(function: FunctionDef) -> bytes:
    """The source of a function."""
    return function.file.data[function.start : function.end]


def found(file: SourceFile, call: Call, target: FunctionDef, used: EngineUse, before: EngineUse) -> Finding:
    """The finding, where the child is made."""
    return file.finding(
        engine_across_fork,
        call,
        f"{target.name}() takes connections of an engine whose pool has one since line {before.at.line}: a forked process "
        "gets the same socket, and both speak on it",
        confidence=Confidence.MEDIUM,
        remedy=f"`engine.dispose(close=False)` at the beginning of {target.name}(), or an engine made there",
        related=(
            Related(message="the engine", location=used.engine.call.file.location(used.engine.call)),
            Related(message="takes a connection in the child", location=used.at.file.location(used.at)),
        ),
    )
