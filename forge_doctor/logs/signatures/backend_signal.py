"""A server process was killed (9: OOM killer; 11: crash).

Means: Out of memory, or a bug.
Matches: `was terminated by signal` ((server log)); also: `server process (PID 123) was terminated by signal
    9: Killed`
Ignores: the words in quotes, in an access log or below WARNING
Source: PostgreSQL 17.11 src/backend/postmaster/postmaster.c, PostgreSQL 15.18 server binary; versions all;
    https://www.postgresql.org/docs/current/kernel-resources.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("was terminated by signal",),
    pattern="was terminated by signal",
    exceptions=(),
    source="postgresql",
    versions="all",
    category="server-lifecycle",
    severity=Severity.CRITICAL,
    tier=1,
    meaning="A server process was killed (9: OOM killer; 11: crash).",
    cause="Out of memory, or a bug.",
    fix=("dmesg and the server's log ('was terminated by signal 9'); lower work_mem x connections; give memory."),
    doc="https://www.postgresql.org/docs/current/kernel-resources.html",
    explained_by=("no-valid-checkpoint",),
)
