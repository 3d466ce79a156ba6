"""What the shared options and the configuration come to, flags first; reads no file but pyproject.toml."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from forge_doctor.check import nearest
from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Confidence, Location, Severity
from forge_doctor.formats import OutputFormat
from forge_doctor.settings import Settings, load_settings

NEVER = "never"

Member = TypeVar("Member", Severity, Confidence, OutputFormat)


class ReportOptions(NamedTuple):
    """What the shared options and the configuration come to, flags first.

    `anchor` is the place that formats of files alone give to what has none.
    """

    settings: Settings
    output_format: OutputFormat
    output_file: Path | None
    no_color: bool
    fail_on: Severity | None
    fail_confidence: Confidence
    min_confidence: Confidence
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    anchor: Location | None = None


def report_options(
    section: str,
    *,
    output_format: str | None,
    output_file: Path | None,
    no_color: bool,
    fail_on: str | None,
    min_confidence: str | None,
    select: list[str] | None,
    ignore: list[str] | None,
    config: Path | None,
    fail_confidence: Confidence,
) -> ReportOptions:
    """Join flags and `[tool.forge-doctor]`; raises `UsageProblem` for a word it does not know."""
    settings = load_settings(Path.cwd(), config)

    def choose(flag: Any, key: str, default: Any) -> Any:
        configured = settings.get(key, section)
        return flag if flag is not None else default if configured is None else configured

    fail_word = choose(fail_on, "fail-on", "error")
    return ReportOptions(
        settings=settings,
        output_format=one_of(
            list(OutputFormat), choose(output_format, "output-format", "text"), "--output-format", str
        ),
        output_file=output_file,
        no_color=no_color,
        fail_on=None if fail_word == NEVER else one_of(list(Severity), fail_word, "--fail-on", _label, NEVER),
        fail_confidence=one_of(
            list(Confidence), choose(None, "fail-confidence", fail_confidence.label), "fail-confidence", _label
        ),
        min_confidence=one_of(
            list(Confidence), choose(min_confidence, "min-confidence", "medium"), "--min-confidence", _label
        ),
        select=tuple(choose(select or None, "select", ())),
        ignore=tuple(choose(ignore or None, "ignore", ())),
    )


def one_of(members: list[Member], word: str, option: str, label: Callable[[Member], str], *others: str) -> Member:
    """The member the user named; raises `UsageProblem` naming the option and the nearest word, `others` among them."""
    by_label = {label(member): member for member in members}
    if word.lower() not in by_label:
        raise UsageProblem(f"{option}: unknown value {word!r}{nearest(word.lower(), [*map(label, members), *others])}")
    return by_label[word.lower()]


def _label(member: Severity | Confidence) -> str:
    return member.label
