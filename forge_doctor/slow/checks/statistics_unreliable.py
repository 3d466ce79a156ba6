"""The statistics of statements are young, incomplete or not kept: what they don't show may still cost.

Why:
    pg_stat_statements forgets: a reset empties it, and where more kinds of statements run than it has room for, the
    rarest are dropped again and again. A report on what is left looks complete and is not. Where tables of the
    statistics collector are off, no unused index and no dead row can be told.

Measures (s, times):
    The statistics were reset less than `young_s` ago while totals are judged; or more than `dealloc_times` rounds of
    dropping rows since then; or track_counts, track_activities, pg_stat_statements.track or (14) compute_query_id is off.

Wrong when:
    A young reset is what somebody wants who resets before a load test: info only, and not told where two looks were
    compared, which no reset before them concerns. A server up to 13 tells neither: nothing is claimed of it.

Source:
    PostgreSQL documentation, F.32 pg_stat_statements: pg_stat_statements_info, pg_stat_statements.max, .track.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Location, Severity
from forge_doctor.slow.server.work import READY, Statistics
from forge_doctor.slow.situation import Situation

MOST = "pg_stat_statements.max"
# What has to be on, what it is where it is not, and what to set it to.
SWITCHES = (
    ("track_counts", "off", "on"),
    ("track_activities", "off", "on"),
    ("pg_stat_statements.track", "none", "top"),
    ("compute_query_id", "off", "auto"),
)


@check(severity=Severity.INFO, limits={"young_s": 600.0, "dealloc_times": 0.0})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each way."""
    server, told = situation.server, situation.statistics
    if server is None:
        return
    here = Location(target=situation.snapshot.target)
    if told is not None and told.window_s is None and told.age_s is not None and told.age_s < limits["young_s"]:
        yield _young(here, told, told.age_s)
    if told is not None and (told.deallocations or 0) > limits["dealloc_times"]:
        yield _dropped(here, told)
    for setting, off, on in SWITCHES:
        value = server.settings.get(setting, "")
        if value == off and not (setting == "compute_query_id" and server.statistics.state != READY):
            yield Finding(
                severity=Severity.WARNING,
                confidence=Confidence.HIGH,
                message=f"{setting} is {value}: the server does not count what this command judges.",
                location=here,
                evidence=(Evidence(label=setting, value=value, source="pg_settings, of our session"),),
                remedy=f"ALTER SYSTEM SET {setting} = '{on}'; SELECT pg_reload_conf();   -- as a superuser; a role's or a "
                "database's own setting (ALTER ROLE, ALTER DATABASE) goes before it",
            )


def _young(here: Location, told: Statistics, age_s: float) -> Finding:
    return Finding(
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        message=f"the statistics of statements were reset {age_s:.0f} s ago: {told.calls:,} calls since then are judged, "
        "and what runs seldom is not among them.",
        location=here,
        evidence=(Evidence(label="since the reset", value=round(age_s), unit="s", source="pg_stat_statements_info"),),
        remedy="look again later, or measure for a while: forge-doctor slow --duration 60",
    )


def _dropped(here: Location, told: Statistics) -> Finding:
    room = told.most or 5000
    return Finding(
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        message=f"pg_stat_statements dropped its least used statements {told.deallocations} times since its reset: it has "
        f"room for {room}, and more kinds of statements run. What runs seldom is missing here.",
        location=here,
        evidence=(
            Evidence(label="dealloc", value=told.deallocations, unit="times", source="pg_stat_statements_info"),
            Evidence(label=MOST, value=room, unit="statements", source="pg_settings"),
        ),
        remedy=f"ALTER SYSTEM SET {MOST} = {room * 2};   -- then restart; values written into statements make each a kind "
        "of its own: pass them as parameters",
    )
