"""The interpreter itself crashed.

Means: Compiled code touched memory that is not its own, or called abort(): an extension module, or what is given to it. No
    exception is raised and nothing is cleaned up; the server sees a connection that is gone.
Matches: `Fatal Python error: Segmentation fault` and its like, as faulthandler and the interpreter write them; the frames of
    `Current thread` below it, the innermost first, name the line
Ignores: the words in quotes; a dump of all threads after a timeout, which is no crash
Source: CPython 3.11 Modules/faulthandler.c, Python/pylifecycle.c; versions 3.3+;
    https://docs.python.org/3/library/faulthandler.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Fatal Python error: ",),
    pattern="Fatal Python error: ",
    exceptions=(),
    source="cpython",
    versions="3.3+",
    category="worker",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="The interpreter itself crashed.",
    cause="Compiled code touched memory that is not its own: an extension module, or what was given to it.",
    fix=(
        "The innermost frame says which package was called: look for that crash under its version and the interpreter's,"
        " take another version of either. A connection used by a second thread, or after a fork, can do the same."
    ),
    doc="https://docs.python.org/3/library/faulthandler.html",
    detail=r"Fatal Python error: ([^\n]{1,80})",
)
