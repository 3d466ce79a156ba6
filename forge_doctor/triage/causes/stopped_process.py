"""A process that holds connections is stopped, frozen, or held by a debugger.

Why:
    It answers nobody and lets nothing go: its transactions keep their locks, its pool its connections. What it does
    looks like a leak to the server, and like a blocked event loop to its clients.

Confirms:
    The state of the process, and of its control group's freezer.

Contradicts:
    A process that runs.

Explains:
    Requests that nobody answers, timeouts of the pool and of locks in other processes, connections that look leaked.

Wrong when:
    A profiler stopped it for a moment. Looked at: a process found stopped is looked at twice.

Source:
    proc_pid_status(5); kernel documentation, "Control Group v2" (cgroup.freeze); seen with docker pause.
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, checks

CAUSE = Cause(
    title="A process that holds connections is stopped",
    urgency=Urgency.OUTAGE,
    shows=checks(pool="stopped-process"),
    explains=frozenset(
        {
            *("leaked-transactions", "held-by-requests", "idle-in-transaction", "long-transaction", "hoarding-worker"),
            *("slow-code-in-transaction", "pool-idle-in-transaction", "worker-at-limit", "event-loop-blocked"),
            *("blocking-session:idle", "blocking-session:statement", "lock-timeout", "statement-timeout"),
            *("pool-timeout", "slots-reserved", "too-many-clients", "no-slot-left", "headroom-low", "foreign-holder"),
            *("gunicorn-worker-timeout", "uvicorn-worker-died", "abandoned-sessions", "asyncpg-command-timeout"),
            *("connections-held-at-line", "forgotten-connections", "not-the-database", "held-by-dependency"),
        }
    ),
    change="Nothing in the code: find who stops it (a paused container, Ctrl-Z in a terminal, a debugger left attached).",
    local=False,
    held=False,
    depth=0,
    absent="no process that holds connections is stopped, frozen or held by a debugger",
)
