"""The options that every reporting command shares."""

# No annotations from the future: each would be compiled, and once more when it is asked for.
from pathlib import Path
from typing import Annotated, NamedTuple

from forge_doctor.cli.flags.declared import option
from forge_doctor.cli.shell.completion import (
    complete_confidences,
    complete_formats,
    complete_ids,
    complete_severities,
    one_of,
)
from forge_doctor.formats import OutputFormat

FORMATS = ", ".join(OutputFormat)

# The headings under which `--help` lists options; those without one come first.
OUTPUT, CHECKS = "Output", "Checks and configuration"


class SharedFlags(NamedTuple):
    """As typed: None, or nothing, where the configuration or a default decides."""

    output_format: Annotated[
        str | None,
        option(
            "--output-format",
            "-f",
            metavar="FORMAT",
            help=f"One of {FORMATS}. [default: text]",
            autocompletion=complete_formats,
            rich_help_panel=OUTPUT,
        ),
    ] = None
    output_file: Annotated[
        Path | None,
        option(
            "--output-file",
            "-o",
            metavar="FILE",
            help="Write the report there instead of stdout.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    html: Annotated[
        Path | None,
        option(
            "--html",
            metavar="FILE",
            help="Also write the report there as one page for a browser, with pictures; - writes it to stdout alone.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    color: Annotated[
        str | None,
        option(
            "--color",
            metavar="WHEN",
            help="auto, always or never; NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE are heeded. [default: auto]",
            autocompletion=one_of("auto", "always", "never"),
            rich_help_panel=OUTPUT,
        ),
    ] = None
    no_color: Annotated[bool, option("--no-color", help="As --color never.", rich_help_panel=OUTPUT)] = False
    quiet: Annotated[
        bool,
        option("--quiet", "-q", help="Findings alone: no tables, no progress, no verdict.", rich_help_panel=OUTPUT),
    ] = False
    verbose: Annotated[
        bool,
        option(
            "--verbose",
            "-v",
            help="Findings of low confidence too, and progress where stderr is no terminal.",
            rich_help_panel=OUTPUT,
        ),
    ] = False
    fail_on: Annotated[
        str | None,
        option(
            metavar="SEVERITY",
            help="Exit 1 from this severity on: info, warning, error, critical, never. [default: error]",
            autocompletion=complete_severities,
            rich_help_panel=CHECKS,
        ),
    ] = None
    min_confidence: Annotated[
        str | None,
        option(
            metavar="LEVEL",
            help="Show findings from this confidence on: low, medium, high. [default: medium]",
            autocompletion=complete_confidences,
            rich_help_panel=CHECKS,
        ),
    ] = None
    select: Annotated[
        tuple[str, ...],
        option(
            metavar="ID",
            help="Run only these checks: an id or its beginning; repeatable.",
            autocompletion=complete_ids,
            rich_help_panel=CHECKS,
        ),
    ] = ()
    ignore: Annotated[
        tuple[str, ...],
        option(
            metavar="ID",
            help="Leave these checks out: an id or its beginning; repeatable.",
            autocompletion=complete_ids,
            rich_help_panel=CHECKS,
        ),
    ] = ()
    config: Annotated[
        Path | None,
        option(
            metavar="FILE",
            help="This pyproject.toml or forge-doctor.toml instead of the one nearest to what is examined.",
            exists=True,
            dir_okay=False,
            rich_help_panel=CHECKS,
        ),
    ] = None
