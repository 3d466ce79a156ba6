"""Compiling a plan takes a large part of what the statement takes: JIT costs more than it saves.

Why:
    Above jit_above_cost the server compiles a plan to machine code, which takes a tenth of a second and more, each call.
    Costs that are estimated too high make it compile what runs for a millisecond.

Measures (ratio, ms):
    Generation, inlining, optimisation and emission together are `jit_ratio` of the statement's time or more, and `mean_ms`
    or more a call. Servers before 15 don't count it.

Wrong when:
    A long report is helped by compiling: then its compilation is a small part of it, and nothing is told. The server
    counts the time itself, for each call anew, so that what is told was spent.

Source:
    PostgreSQL documentation, 32.2 When to JIT?; F.32 pg_stat_statements, jit_generation_time.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.slow.judging import grave
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording.phrases import facts, location, milliseconds, quoted


@check(severity=Severity.WARNING, limits={"jit_ratio": 0.3, "mean_ms": 5.0})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each statement."""
    for statement in situation.statements:
        jit_ms = statement.stats.jit_ms if statement.stats else None
        if not jit_ms or not statement.calls or not statement.total_ms:
            continue
        if jit_ms / statement.total_ms >= limits["jit_ratio"] and jit_ms / statement.calls >= limits["mean_ms"]:
            yield _finding(situation, statement, jit_ms)


def _finding(situation: Situation, statement: Statement, jit_ms: float) -> Finding:
    share = jit_ms / (statement.total_ms or jit_ms)
    return Finding(
        severity=grave(statement),
        confidence=Confidence.HIGH,
        message=f"{share:.0%} of the time of {quoted(situation, statement)} is spent on compiling its plan: "
        f"{milliseconds(jit_ms / statement.calls)} of {milliseconds(statement.mean_ms)} a call.",
        location=location(situation, statement),
        evidence=(
            *facts(situation, statement),
            Evidence(label="JIT", value=round(jit_ms / statement.calls, 1), unit="ms a call", source="jit_*_time"),
        ),
        remedy='create_async_engine(..., connect_args={"server_settings": {"jit": "off"}})   # for this application\n'
        "-- through pgbouncer, which refuses such a parameter: ALTER ROLE application SET jit = off;\n"
        "-- or for the server, where no large reports run: ALTER SYSTEM SET jit = off; SELECT pg_reload_conf();",
    )
