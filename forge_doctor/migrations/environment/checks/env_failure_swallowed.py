"""A failed migration is caught in env.py and goes on as if nothing were.

Why: `alembic upgrade head` exits 0, the deployment is green, and the database stays where it was: all that comes later is
written for a schema that is not there. A handler that looks for "already exists" in the message also catches the unique index
that cannot be built over rows that are there twice.

Bad:

    from alembic import context

    def run_migrations_online():
        with engine.connect() as connection:
            context.configure(connection=connection)
            try:
                with context.begin_transaction():
                    context.run_migrations()
            except Exception as error:
                logger.warning("migrations were applied by another process: %s", error)

    run_migrations_online()

Good:

    from alembic import context

    def run_migrations_online():
        with engine.connect() as connection:
            context.configure(connection=connection)
            try:
                with context.begin_transaction():
                    context.run_migrations()
            except Exception:
                logger.exception("the migration failed")
                raise

    run_migrations_online()

Wrong when: what was caught is raised later, or tried again: a handler in a loop, one that ends the process, and a function
that raises behind it are left alone. The confidence is medium where the handler raises in some cases.

Source: https://docs.python.org/3/tutorial/errors.html#handling-exceptions; a production database that stood still for eight
days behind green deployments, learntocloud/learn-to-cloud-app#436
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.syntax.nodes import Call, Except, For, FunctionDef, Module, Node, Raise, Try, While
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.environment.env_script import EnvScript
from forge_doctor.regex import regex

WIDE = regex(
    r"\b(?:Base)?Exception\b|\b(?:SQLAlchemy|DBAPI|Database|Programming|Integrity|Operational|Internal|Statement)Error\b"
)
ENDS = regex(r"\b(?:sys\.exit|os\._exit|exit|SystemExit|os\.abort)\b")


@check(severity=Severity.CRITICAL)
def env_failure_swallowed(script: EnvScript) -> Iterator[Finding]:
    """Look at what stands around the migrations, and around all that runs them."""
    told: set[Except] = set()
    for step in script.online.runs_migrations:
        for handler in (one for call in step.places for one in _swallowing(call)):
            if handler in told:
                continue
            told.add(handler)
            sometimes = any(True for _ in handler.find(Raise))
            yield handler.file.finding(
                env_failure_swallowed,
                handler,
                f"a migration that fails is caught here {'and not always raised again' if sometimes else 'and not raised again'}:"
                " `alembic upgrade head` exits 0, and the database stays where it was",
                confidence=Confidence.MEDIUM if sometimes else Confidence.HIGH,
                remedy="raise  # at the end of the handler",
            )


def _swallowing(call: Call) -> Iterator[Except]:
    """The handlers around a call, in its function, that let what was raised go; none where it is tried again."""
    handlers: list[Except] = []
    inner: Node = call
    for around in call.ancestors:
        if isinstance(around, FunctionDef | Module):
            break
        if isinstance(around, For | While):
            return
        if isinstance(around, Try) and not isinstance(inner, Except) and _is_tried(around, call):
            handlers += (one for one in around.handlers if _lets_go(one, around))
        inner = around
    yield from handlers


def _is_tried(around: Try, call: Call) -> bool:
    return bool(around.body) and around.body[0].start <= call.start < around.body[-1].end


def _lets_go(handler: Except, around: Try) -> bool:
    if handler.type is not None and WIDE.search(handler.type.text) is None:
        return False
    if any(isinstance(one, Raise) for one in handler.body) or ENDS.search(handler.text) is not None:
        return False
    scope = around.function
    later = () if scope is None else scope.find(Raise)
    return not any(one.start > around.end for one in later)
