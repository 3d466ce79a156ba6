"""The client waited in pgbouncer's queue longer than query_wait_timeout for a server connection.

Means: default_pool_size too small or server connections held by long transactions.
Matches: `query_wait_timeout` (ProtocolViolation 08P01); also: `closing because: query_wait_timeout (age=..s)
    (pgbouncer's log)`
Ignores: the setting's name in a configuration dump
Source: pgbouncer 1.18.0 src/janitor.c (as: '"query_wait_timeout"'), pgbouncer git HEAD src/janitor.c (as:
    '"query_wait_timeout"'); versions all; https://www.pgbouncer.org/config.html#query_wait_timeout
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("query_wait_timeout",),
    pattern=(
        r"(?:closing because: |ProtocolViolation\w*[>)\x27:\s]*|operation: |ERROR: +"
        "|FATAL: +)query_wait_timeout"
    ),
    exceptions=("ProtocolViolation",),
    source="pgbouncer",
    versions="all",
    category="pgbouncer",
    severity=Severity.CRITICAL,
    tier=1,
    meaning=("The client waited in pgbouncer's queue longer than query_wait_timeout for a server connection."),
    cause="default_pool_size too small or server connections held by long transactions.",
    fix="Shorten transactions; raise default_pool_size within max_connections.",
    doc="https://www.pgbouncer.org/config.html#query_wait_timeout",
    numbers=(("age_s", r"\(age=(\d+(?:\.\d+)?)s?\)"),),
    explained_by=("idle-in-transaction",),
    checks=("idle-in-transaction", "leaked-transactions"),
)
