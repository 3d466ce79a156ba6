"""The page a person reads: calm, worst first; nothing but the terminal's colours comes from rich."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import TYPE_CHECKING

from forge_doctor.render import RenderOptions
from forge_doctor.render.page.layout import lay_out
from forge_doctor.render.page.lines import Line, Page, Style, plain_page, terminal_page
from forge_doctor.report import Report

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text

# Only the sixteen colours of the user's own theme: readable on dark and on light.
PAINT = {
    Style.PLAIN: "",
    Style.DIM: "dim",
    Style.STRONG: "bold",
    Style.REMEDY: "cyan",
    Style.CLEAN: "green",
    Style.NOT_RUN: "bold magenta",
    Style.CRITICAL: "bold red",
    Style.ERROR: "red",
    Style.WARNING: "yellow",
    Style.INFO: "blue",
}


def render(reports: Sequence[Report], options: RenderOptions) -> str:
    """The page as text: painted on a terminal, plain ASCII apart from the data elsewhere."""
    if options.color:
        return _painted(reports, options)
    lines = lay_out(reports, _page(options), quiet=options.quiet)
    return "\n".join("".join(span.text for span in line).rstrip(" ") for line in lines) + "\n"


def page(reports: Sequence[Report], options: RenderOptions, *, tables_only: bool = False) -> Group:
    """The terminal's page as something to print in a console or a live screen.

    It is laid out for `options.width`. Print it with `soft_wrap=True`: a remedy longer than the
    line then stays whole.
    """
    from rich.console import Group

    lines = lay_out(reports, _page(options), tables_only=tables_only, quiet=options.quiet)
    return Group(*(_text(line) for line in lines))


def _page(options: RenderOptions) -> Page:
    """The signs a terminal can show, or ASCII alone."""
    return terminal_page(options.width, options.height) if options.terminal else plain_page(options.width)


def _painted(reports: Sequence[Report], options: RenderOptions) -> str:
    from rich.console import Console

    sink = StringIO()
    console = Console(
        file=sink,
        width=options.width,
        force_terminal=True,
        color_system="standard",
        no_color=False,
        legacy_windows=False,
        emoji=False,
        markup=False,
        highlight=False,
    )
    console.print(page(reports, options), soft_wrap=True)
    return sink.getvalue()


def _text(line: Line) -> Text:
    from rich.text import Text

    return Text.assemble(*((span.text, PAINT[span.style]) for span in line), no_wrap=True, overflow="ignore", end="\n")
