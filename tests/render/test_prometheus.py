from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_classic

from forge_doctor import __version__
from forge_doctor.finding import Severity
from forge_doctor.pool.record import load
from forge_doctor.pool.run import run_pool
from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.render.printable import printable_line
from forge_doctor.report import Measurement, Report
from forge_doctor.settings import Settings
from tests.render.strategies import QUICK, REPORTS
from tests.support.reports import SUBJECT, blind, clean, finding, incident, report

SNAPSHOTS = Path(__file__).parents[1] / "pool" / "snapshots"
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(*reports: Report) -> Series:
    text = render(reports, OutputFormat.PROMETHEUS, RenderOptions())
    assert text.endswith("# EOF\n")
    series: Series = {}
    for family in read_openmetrics(text):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in series
            series[key] = sample.value
    return series


def value(series: Series, name: str, **labels: str) -> float:
    return series[name, frozenset(labels.items())]


def test_the_incident_reads_back() -> None:
    series = read(incident())
    of = {"command": "pool", "subject": SUBJECT}
    assert value(series, "forge_doctor_findings", **of, severity="critical") == 2
    assert value(series, "forge_doctor_findings", **of, severity="error") == 0
    assert value(series, "forge_doctor_not_run", **of) == 6
    assert value(series, "forge_doctor_check_not_run", **of, check="event-loop-blocked") == 1
    assert value(series, "forge_doctor_inspected", **of, what="sessions") == 37
    leak = {"check": "connection-leak", "severity": "critical", "confidence": "medium"}
    assert value(series, "forge_doctor_check_findings", **of, **leak) == 1
    assert value(series, "forge_doctor_version_info", version=__version__) == 1


def test_two_reports_of_one_subject_are_one_series() -> None:
    series = read(report(finding()), report(finding()))
    assert value(series, "forge_doctor_findings", command="pool", subject=SUBJECT, severity="warning") == 2


def test_a_clean_look_says_zero_and_a_blind_one_does_not_look_clean() -> None:
    of = {"command": "pool", "subject": SUBJECT}
    assert all(value(read(clean()), "forge_doctor_findings", **of, severity=one.label) == 0 for one in Severity)
    assert value(read(clean()), "forge_doctor_not_run", **of) == 0
    assert value(read(blind()), "forge_doctor_not_run", **of) == 2


def test_a_textfile_collector_of_the_older_format_reads_it_too() -> None:
    text = render([incident()], OutputFormat.PROMETHEUS, RenderOptions())
    assert "forge_doctor_findings" in {family.name for family in read_classic(text)}


@QUICK
@given(REPORTS)
def test_any_characters_in_a_label_read_back(reports: list[Report]) -> None:
    series = read(*reports)
    subjects = {dict(labels)["subject"] for name, labels in series if name == "forge_doctor_not_run"}
    assert subjects == {printable_line(one.subject) for one in reports}


def test_measurements_of_a_report_are_gauges_with_its_subject() -> None:
    measured = (
        Measurement("server_slots_used", "Slots held.", 27),
        Measurement("server_sessions", "Sessions.", 3, (("worker", "worker pid 7"), ("state", "idle"))),
        Measurement("server_longest_idle_in_transaction_seconds", "The longest.", 12.5),
    )
    series = read(report(measurements=measured))
    of = {"command": "pool", "subject": SUBJECT}
    assert value(series, "forge_doctor_server_slots_used", **of) == 27
    assert value(series, "forge_doctor_server_sessions", **of, worker="worker pid 7", state="idle") == 3
    assert value(series, "forge_doctor_server_longest_idle_in_transaction_seconds", **of) == 12.5


def test_promtool_finds_nothing_to_complain_of() -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (Debian's package prometheus)")
    (incident_,) = load(SNAPSHOTS / "incident.json", show_query=False)
    told = run_pool(incident_, Settings())
    text = render([told, incident()], OutputFormat.PROMETHEUS, RenderOptions())
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert "forge_doctor_server_slots_usable{" in text
    assert 'state="idle in transaction"' in text
