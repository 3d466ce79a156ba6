"""What an expression can be, and how sure we are; the vocabulary of every question rules ask."""

from __future__ import annotations

from enum import Enum, auto

from forge_doctor.code.syntax.nodes import Node
from forge_doctor.dataclass import dataclass, replace
from forge_doctor.finding import Confidence


class Kind(Enum):
    """What a value is. `OTHER` is known and of no interest, `UNKNOWN` is not known."""

    ASYNC_SESSION = auto()
    ASYNC_SCOPED = auto()
    ASYNC_CONNECTION = auto()
    ASYNC_ENGINE = auto()
    ASYNC_FACTORY = auto()
    ASYNC_RESULT = auto()
    ASYNC_TRANSACTION = auto()
    ASYNCPG_CONNECTION = auto()
    ASYNCPG_POOL = auto()
    ASYNCPG_TRANSACTION = auto()
    ASYNCPG_STATEMENT = auto()
    DATABASES_POOL = auto()  # a Database of the library `databases`
    DATABASES_CONNECTION = auto()
    DATABASES_TRANSACTION = auto()
    PSYCOPG_CONNECTION = auto()  # the async one of psycopg 3
    PSYCOPG_CURSOR = auto()
    PSYCOPG_POOL = auto()
    SESSION = auto()
    SCOPED = auto()
    CONNECTION = auto()
    ENGINE = auto()
    FACTORY = auto()
    RESULT = auto()
    TRANSACTION = auto()
    COROUTINE = auto()  # must be awaited to give `of`
    STARTABLE = auto()  # await it or enter it with `async with`: `session.begin()`, `engine.connect()`
    ASYNC_CONTEXT = auto()  # `async with` gives `of`
    CONTEXT = auto()  # `with` gives `of`
    ASYNC_ITERATOR = auto()  # `async for` gives `of`
    ITERATOR = auto()  # `for` gives `of`
    COLLECTION = auto()  # of which each element is `of`
    MAPPING = auto()  # of which each value is `of`
    CONTEXT_VAR = auto()  # whose `get()` gives `of`
    CALLABLE = auto()  # calling it gives `of`
    SESSION_CONFIG = auto()  # advanced-alchemy's, which makes engine and sessions
    INSTANCE_STATE = auto()  # what SQLAlchemy keeps of a mapped object: `inspect(row)`
    DEPENDENCY = auto()  # `Depends(f)`: the framework gives `of`
    FUNCTION = auto()  # a function of the project: `definition`
    CLASS = auto()  # a class: `of` is its instance
    INSTANCE = auto()  # an instance of a class of the project: `definition`
    MODULE = auto()  # `name`
    EXTERNAL = auto()  # something of another library: `name` is its dotted path
    NONE = auto()
    OTHER = auto()
    UNKNOWN = auto()

    @property
    def is_async_session(self) -> bool:
        """An AsyncSession or async_scoped_session."""
        return self in (Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED)

    @property
    def is_sync_session(self) -> bool:
        """A Session or scoped_session."""
        return self in (Kind.SESSION, Kind.SCOPED)

    @property
    def is_async(self) -> bool:
        """One of SQLAlchemy's asyncio classes."""
        return self in ASYNC_KINDS

    @property
    def is_sync(self) -> bool:
        """The sync twin of one of them."""
        return self in SYNC_KINDS


# Those of other libraries whose coroutine methods send statements.
DRIVER_KINDS = frozenset(
    {Kind.ASYNCPG_CONNECTION, Kind.ASYNCPG_POOL, Kind.ASYNCPG_TRANSACTION, Kind.ASYNCPG_STATEMENT,
     Kind.DATABASES_POOL, Kind.DATABASES_CONNECTION, Kind.DATABASES_TRANSACTION,
     Kind.PSYCOPG_CONNECTION, Kind.PSYCOPG_CURSOR, Kind.PSYCOPG_POOL}
)  # fmt: skip
# What `async with` gives back as it is; asyncpg's own transaction gives nothing.
SELF_ENTERED_KINDS = frozenset(
    {Kind.ASYNCPG_POOL, Kind.DATABASES_POOL, Kind.DATABASES_CONNECTION, Kind.DATABASES_TRANSACTION,
     Kind.PSYCOPG_CONNECTION, Kind.PSYCOPG_CURSOR, Kind.PSYCOPG_POOL}
)  # fmt: skip
ASYNC_KINDS = frozenset(
    {Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.ASYNC_CONNECTION, Kind.ASYNC_ENGINE, Kind.ASYNC_FACTORY,
     Kind.ASYNC_RESULT, Kind.ASYNC_TRANSACTION}
)  # fmt: skip
SYNC_KINDS = frozenset(
    {Kind.SESSION, Kind.SCOPED, Kind.CONNECTION, Kind.ENGINE, Kind.FACTORY, Kind.RESULT, Kind.TRANSACTION}
)

LABELS = {
    Kind.ASYNC_SESSION: "an AsyncSession",
    Kind.ASYNC_SCOPED: "an async_scoped_session",
    Kind.ASYNC_CONNECTION: "an AsyncConnection",
    Kind.ASYNC_ENGINE: "an AsyncEngine",
    Kind.ASYNC_FACTORY: "an async_sessionmaker",
    Kind.ASYNC_RESULT: "an AsyncResult",
    Kind.ASYNC_TRANSACTION: "an AsyncTransaction",
    Kind.ASYNCPG_CONNECTION: "an asyncpg connection",
    Kind.ASYNCPG_POOL: "an asyncpg pool",
    Kind.ASYNCPG_TRANSACTION: "an asyncpg transaction",
    Kind.ASYNCPG_STATEMENT: "a prepared statement of asyncpg",
    Kind.DATABASES_POOL: "a Database of databases",
    Kind.DATABASES_CONNECTION: "a connection of databases",
    Kind.DATABASES_TRANSACTION: "a transaction of databases",
    Kind.PSYCOPG_CONNECTION: "an AsyncConnection of psycopg",
    Kind.PSYCOPG_CURSOR: "an AsyncCursor of psycopg",
    Kind.PSYCOPG_POOL: "an AsyncConnectionPool of psycopg",
    Kind.SESSION: "a Session",
    Kind.SCOPED: "a scoped_session",
    Kind.CONNECTION: "a Connection",
    Kind.ENGINE: "an Engine",
    Kind.FACTORY: "a sessionmaker",
    Kind.RESULT: "a Result",
    Kind.TRANSACTION: "a Transaction",
}


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of an expression: `why` says from what (`annotated AsyncSession at app/db.py:12`)."""

    kind: Kind
    of: Value | None = None
    definition: Node | None = None
    name: str = ""
    confidence: Confidence = Confidence.HIGH
    why: str = ""

    @property
    def inner(self) -> Value:
        """What a coroutine, context manager, iterator or callable gives."""
        return self.of or UNKNOWN

    @property
    def label(self) -> str:
        """`an AsyncSession`, for messages."""
        return LABELS.get(self.kind, self.kind.name.lower().replace("_", " "))

    def at_most(self, confidence: Confidence, why: str = "") -> Value:
        """The same, no surer than that."""
        if not why and self.confidence <= confidence:
            return self
        return replace(self, confidence=min(self.confidence, confidence), why=why or self.why)

    def because(self, why: str) -> Value:
        """The same with a reason, where it has none yet."""
        return self if self.why else replace(self, why=why)

    @property
    def is_known(self) -> bool:
        """Whether anything is known."""
        return self.kind is not Kind.UNKNOWN


UNKNOWN = Value(Kind.UNKNOWN)
OTHER = Value(Kind.OTHER)
NONE = Value(Kind.NONE)


# A registry has all that its sessions have.
SESSION_OR_REGISTRY = frozenset({Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED})
SYNC_SESSION_OR_REGISTRY = frozenset({Kind.SESSION, Kind.SCOPED})
# What a connection awaits, a session does too: either is taken for the one that has less.
SESSION_OR_CONNECTION = SESSION_OR_REGISTRY | {Kind.ASYNC_CONNECTION}


def one_of(values: list[Value]) -> Value:
    """The value where several are possible: None beside another counts little, a doubt lowers
    confidence, a contradiction (async on one way, sync on another) makes it unknown, or what is inside of it."""
    known = [one for one in values if one.kind not in (Kind.UNKNOWN, Kind.NONE)]
    if not known:
        return values[0] if values else UNKNOWN
    if SESSION_OR_REGISTRY.issuperset(one.kind for one in known):
        known = [one for one in known if one.kind is Kind.ASYNC_SESSION] or known
    elif SYNC_SESSION_OR_REGISTRY.issuperset(one.kind for one in known):
        known = [one for one in known if one.kind is Kind.SESSION] or known
    elif SESSION_OR_CONNECTION.issuperset(one.kind for one in known):
        doubted = Confidence.MEDIUM if len({one.kind for one in known}) > 1 else Confidence.HIGH
        known = [one.at_most(doubted) for one in known if one.kind is Kind.ASYNC_CONNECTION]
    best = max(known, key=lambda one: (one.kind is not Kind.OTHER, one.confidence))
    if any(one.kind is not best.kind or one.definition is not best.definition for one in known):
        return UNKNOWN
    if any(one.inner.kind is not best.inner.kind or one.inner.definition is not best.inner.definition for one in known):
        best = replace(best, of=one_of([one.inner for one in known]))
    if any(one.kind is Kind.UNKNOWN for one in values):
        return best.at_most(Confidence.MEDIUM)
    return best


def words(text: str) -> frozenset[str]:
    """A set of names from text, so that long tables stay readable."""
    return frozenset(text.split())
