"""OpenMetrics text 1.0, for a textfile collector or a push gateway; holds numbers, never messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from forge_doctor import __version__
from forge_doctor.render import RenderOptions
from forge_doctor.render.digest import severity_counts
from forge_doctor.render.printable import printable_line
from forge_doctor.report import Report

Labels = tuple[tuple[str, str], ...]
Samples = Mapping[Labels, float]


def render(reports: Sequence[Report], _options: RenderOptions) -> str:
    """Gauges by command and subject, ended by `# EOF`."""
    lines = [
        *_gauge("forge_doctor_version_info", "The version that looked.", {(("version", __version__),): 1}),
        *_gauge("forge_doctor_findings", "Findings of this severity.", _findings(reports)),
        *_gauge("forge_doctor_check_findings", "Findings of this check.", _check_findings(reports)),
        *_gauge("forge_doctor_not_run", "Checks that could not look.", _not_run(reports)),
        *_gauge("forge_doctor_check_not_run", "Reasons why this check could not look.", _check_not_run(reports)),
        *_gauge("forge_doctor_inspected", "Things looked at.", _inspected(reports)),
        *_measured(reports),
        "# EOF",
    ]
    return "\n".join(lines) + "\n"


def _findings(reports: Sequence[Report]) -> Samples:
    return _summed(
        ((*_of(report), ("severity", severity.label)), count)
        for report in reports
        for severity, count in severity_counts([report]).items()
    )


def _check_findings(reports: Sequence[Report]) -> Samples:
    return _summed(
        (
            (
                *_of(report),
                ("check", found.check),
                ("severity", found.severity.label),
                ("confidence", found.confidence.label),
            ),
            1,
        )
        for report in reports
        for found in report.findings
    )


def _not_run(reports: Sequence[Report]) -> Samples:
    return _summed((_of(report), len(report.not_run)) for report in reports)


def _check_not_run(reports: Sequence[Report]) -> Samples:
    return _summed(((*_of(report), ("check", one.check)), 1) for report in reports for one in report.not_run)


def _inspected(reports: Sequence[Report]) -> Samples:
    return _summed(
        ((*_of(report), ("what", what)), count) for report in reports for what, count in report.inspected.items()
    )


def _measured(reports: Sequence[Report]) -> Iterator[str]:
    """What slices measured of their subjects: a family a name, its first meaning told."""
    families: dict[str, tuple[str, dict[Labels, float]]] = {}
    for report in reports:
        for one in report.measurements:
            _, samples = families.setdefault(one.name, (one.meaning, {}))
            samples[tuple((name, printable_line(value)) for name, value in (*_of(report), *one.labels))] = one.value
    for name, (meaning, samples) in families.items():
        yield from _gauge(f"forge_doctor_{name}", meaning, samples)


def _of(report: Report) -> Labels:
    return (("command", report.command), ("subject", report.subject))


def _summed(samples: Iterator[tuple[Labels, int]]) -> Samples:
    """One sample a set of labels: two reports of one subject must not give the same series twice."""
    sums: Counter[Labels] = Counter()
    for labels, count in samples:
        sums[tuple((name, printable_line(value)) for name, value in labels)] += count
    return sums


def _gauge(name: str, meaning: str, samples: Samples) -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    yield f"# HELP {name} {meaning}"
    for labels, value in samples.items():
        told = ",".join(f'{label}="{_escape(text)}"' for label, text in labels)
        yield f"{name}{{{told}}} {value:.10g}"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
