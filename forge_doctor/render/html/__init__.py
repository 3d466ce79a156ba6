"""One self-contained page for people: no script, no outside address, every value escaped; drawn from findings and pictures.

The page is made by one template, which escapes whatever is put into it; geometry is Python's. What strangers chose (a
statement, a name) is shown and never interpreted: the page's own policy lets nothing run and nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from forge_doctor import __version__
from forge_doctor.diagnosis import Diagnosis, Urgency
from forge_doctor.finding import Evidence, Finding, Severity
from forge_doctor.picture import Capacity, Excerpt, Timeline, Tree
from forge_doctor.render import RenderOptions
from forge_doctor.render.digest import (
    answers,
    context_text,
    counted,
    evidence_text,
    group_unexamined,
    is_clean,
    severity_counts,
    summary_sentence,
    value_text,
)
from forge_doctor.render.html.capacity import DrawnCapacity, draw_capacity
from forge_doctor.render.html.timeline import DrawnTimeline, draw_timeline, joined
from forge_doctor.render.json import render as render_json
from forge_doctor.render.page.table import cell_text, is_numeric
from forge_doctor.render.printable import printable, printable_lines
from forge_doctor.report import Report, Table


class Section(NamedTuple):
    """One report as the template wants it."""

    report: Report
    timelines: tuple[DrawnTimeline, ...]
    capacities: tuple[DrawnCapacity, ...]
    trees: tuple[Tree, ...]
    excerpts: tuple[Excerpt, ...]
    findings: tuple[Finding, ...]


def render(reports: Sequence[Report], options: RenderOptions) -> str:
    """The whole page."""
    style = _text("style.css")
    page = _environment().get_template("page.html")
    return page.render(
        reports=reports,
        sections=[_section(report) for report in reports],
        summary=_capitalized(summary_sentence(reports)),
        counts=[(severity.label, count) for severity, count in severity_counts(reports).items() if count],
        clean=is_clean(reports),
        style=Markup(style),  # noqa: S704 - a file of the package
        digest=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        document=render_json(reports, options),
        version=__version__,
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=DictLoader({name: _text(name) for name in ("page.html", "cards.html", "pictures.html")}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(
        evidence=evidence_text,
        inline_evidence=lambda found: [one for one in found.evidence if not _is_block(one)],
        block_evidence=lambda found: [one for one in found.evidence if _is_block(one)],
        context=lambda found: context_text(found.code) if found.code else "",
        block=_block,
        unexamined=group_unexamined,
        answers=lambda report: answers([report]),
        cells=_cells,
        gravity=_gravity,
        counted=counted,
        number=lambda value: value_text(float(value)),
    )
    return environment


def _shown(value: Any) -> Any:
    """Every value on its way into the page, joined ones too: nothing in it acts on a reader's eyes."""
    if isinstance(value, Markup):
        return Markup(printable(value))  # noqa: S704 - escaped already, and no character of markup is made here
    return printable(value) if isinstance(value, str) else value


def _text(name: str) -> str:
    return files(__name__).joinpath(name).read_text("utf-8")


def _section(report: Report) -> Section:
    pictures = report.pictures
    timelines = joined([one for one in pictures if isinstance(one, Timeline)])
    return Section(
        report=report,
        timelines=tuple(draw_timeline(one) for one in timelines),
        capacities=tuple(draw_capacity(one) for one in pictures if isinstance(one, Capacity)),
        trees=tuple(one for one in pictures if isinstance(one, Tree)),
        excerpts=tuple(one for one in pictures if isinstance(one, Excerpt)),
        findings=tuple(one for one in report.findings if not _is_cause(one, report)),
    )


def _is_cause(found: Finding, report: Report) -> bool:
    """Whether a diagnosis with a card of its own says the same."""
    return any(found.check == one.cause and found.message.startswith(one.title) for one in report.diagnoses)


def _gravity(one: Diagnosis) -> str:
    worst = Severity.CRITICAL if one.urgency <= Urgency.OUTAGE else Severity.ERROR
    return (worst if one.urgency <= Urgency.OUTAGE_SOON else Severity.WARNING).label


def _block(told: object) -> str:
    """Lines as they are, to be copied; of several texts one after the other."""
    return "\n".join(printable_lines("\n".join(told) if isinstance(told, tuple) else str(told)))


def _is_block(one: Evidence) -> bool:
    return isinstance(one.value, str) and "\n" in one.value


def _cells(table: Table) -> Iterator[list[tuple[str, bool]]]:
    """Each row's cells with whether they are numbers."""
    numeric = [is_numeric(table, at) for at in range(len(table.columns))]
    for row in table.rows:
        yield [(cell_text(value), number) for value, number in zip(row, numeric, strict=True)]


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]
