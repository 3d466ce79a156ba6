"""One line a finding, as compilers do, for editors and grep; shows neither evidence nor remedy."""

from __future__ import annotations

from collections.abc import Sequence

from forge_doctor.render import RenderOptions
from forge_doctor.render.digest import answers, ranked, summary_sentence
from forge_doctor.render.printable import printable_line
from forge_doctor.report import Report


def render(reports: Sequence[Report], _options: RenderOptions) -> str:
    """`path:line:col: severity id message`, then `subject: not-run id reason`, then the verdict and the counts."""
    lines = [f"{found.location}: {found.severity.label} {found.check} {found.message}" for _, found in ranked(reports)]
    lines += [f"{report.subject}: not-run {one.check} {one.reason}" for report in reports for one in report.not_run]
    lines += [f"forge-doctor: {line}" for line in (*answers(reports), summary_sentence(reports))]
    return "".join(f"{printable_line(line)}\n" for line in lines)
