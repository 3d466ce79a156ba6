"""Output formats: `render(reports, options)` gives text; nothing here looks at its destination."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import NamedTuple

from forge_doctor.finding import Confidence, Location, Severity
from forge_doctor.formats import OutputFormat as OutputFormat
from forge_doctor.report import Report


class RenderOptions(NamedTuple):
    """What a formatter is told about its destination: columns, whether colours are wanted,
    whether it is a person's terminal, and from which severity and confidence on the command fails.

    `quiet`: findings alone, where a person reads; `height`: lines of the person's screen, 0 where it is not one.
    `anchor` is the place in a file where formats that know nothing but files put a finding about a process.
    """

    width: int = 100
    color: bool = False
    terminal: bool = False
    fail_on: Severity | None = Severity.ERROR
    fail_confidence: Confidence = Confidence.MEDIUM
    anchor: Location | None = None
    quiet: bool = False
    height: int = 0


def render(reports: Sequence[Report], output_format: OutputFormat, options: RenderOptions) -> str:
    """The reports as text in the given format, ending in a newline."""
    module = importlib.import_module(f"forge_doctor.render.{output_format.value}")
    text: str = module.render(reports, options)
    return text if text.endswith("\n") else text + "\n"
