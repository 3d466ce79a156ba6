"""Options that every reporting command shares, as typer is told of them; it loads nothing to judge their values."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from forge_doctor.formats import OutputFormat

FORMATS = ", ".join(OutputFormat)

FormatOption = Annotated[
    str | None, typer.Option("--output-format", "-f", metavar="FORMAT", help=f"One of {FORMATS}. [default: text]")
]
OutputFileOption = Annotated[
    Path | None, typer.Option("--output-file", "-o", metavar="FILE", help="Write the report there instead of stdout.")
]
NoColorOption = Annotated[bool, typer.Option("--no-color", help="No colours (as NO_COLOR=1).")]
FailOnOption = Annotated[
    str | None,
    typer.Option(
        metavar="SEVERITY", help="Exit 1 from this severity on: info, warning, error, critical, never. [default: error]"
    ),
]
MinConfidenceOption = Annotated[
    str | None,
    typer.Option(metavar="LEVEL", help="Show findings from this confidence on: low, medium, high. [default: medium]"),
]
SelectOption = Annotated[
    list[str] | None, typer.Option(metavar="ID", help="Run only these checks: an id or its beginning; repeatable.")
]
IgnoreOption = Annotated[
    list[str] | None, typer.Option(metavar="ID", help="Leave these checks out: an id or its beginning; repeatable.")
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="This pyproject.toml instead of the nearest one.", exists=True, dir_okay=False),
]
