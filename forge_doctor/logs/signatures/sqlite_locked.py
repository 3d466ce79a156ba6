"""SQLite: the database is locked by another writer.

Means: SQLite has one writer at a time: a transaction that stays open over awaits, several processes that
    write, or a journal that is not in WAL mode.
Matches: `database is locked`, `database table is locked` (sqlite3.OperationalError)
Ignores: the words in quotes, in an access log or below WARNING
Source: libsqlite3 (Debian 12, strings), aiosqlite 0.22.1;
    https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#database-locking-behavior-concurrency
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("database is locked", "database table is locked"),
    pattern="database (?:table )?is locked",
    exceptions=("sqlite3.OperationalError", "sqlalchemy.exc.OperationalError"),
    source="sqlite",
    versions="all",
    category="locks",
    severity=Severity.ERROR,
    tier=2,
    meaning="SQLite: the database is locked by another writer.",
    cause=(
        "SQLite has one writer at a time: a transaction that stays open over awaits, several "
        "processes that write, or a journal that is not in WAL mode."
    ),
    fix=(
        "PRAGMA journal_mode=WAL and a busy timeout (connect_args={'timeout': 30}); keep write "
        "transactions short, one writer; or move to PostgreSQL."
    ),
    doc=("https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#database-locking-behavior-concurrency"),
    rules=("network-call-in-transaction",),
)
