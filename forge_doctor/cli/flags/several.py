"""Options that two or three commands have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from forge_doctor.cli.flags.declared import option

ConnectTimeout = Annotated[
    float | None,
    option(metavar="SECONDS", min=0.1, max=60, help="Give up on a server after this. [default: 3]"),
]
Save = Annotated[Path | None, option(metavar="FILE", help="Keep what was seen, to replay it.")]
Snapshot = Annotated[Path | None, option(metavar="FILE", help="Judge a file written by --save instead of a server.")]
Baseline = Annotated[Path | None, option(metavar="FILE", help="Leave out the findings this file knows.")]
WriteBaseline = Annotated[
    Path | None, option(metavar="FILE", help="Write the findings there are into a baseline, and exit 0.")
]
