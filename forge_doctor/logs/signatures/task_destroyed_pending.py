"""A task was garbage collected before it finished.

Means: create_task() whose result nobody keeps, or shutdown without awaiting tasks; its session is leaked too.
Matches: `Task was destroyed but it is pending!` ((logged) ERROR asyncio)
Ignores: the words in quotes, in an access log or below WARNING
Source: CPython 3.10 asyncio/tasks.py, CPython 3.11 asyncio/tasks.py, CPython 3.12 asyncio/tasks.py, CPython
    3.13 asyncio/tasks.py; versions all; https://docs.python.org/3/library/asyncio-task.html#creating-tasks
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Task was destroyed but it is pending!",),
    pattern="Task was destroyed but it is pending!",
    exceptions=(),
    source="cpython",
    versions="all",
    category="event-loop",
    severity=Severity.WARNING,
    tier=2,
    meaning="A task was garbage collected before it finished.",
    cause=("create_task() whose result nobody keeps, or shutdown without awaiting tasks; its session is leaked too."),
    fix="Keep a reference (or use a TaskGroup) and await or cancel the tasks at shutdown.",
    doc="https://docs.python.org/3/library/asyncio-task.html#creating-tasks",
    tells="the log does not say where the task's reference was lost",
    rules=("unclosed-session-in-background",),
)
