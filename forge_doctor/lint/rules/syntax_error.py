"""The file does not parse, so it was read only in part.

Why: what stands near the error cannot be judged, and a file that is not Python at all (a template)
should be excluded and not taken for clean; of a Jinja template nothing else is told, since what its
alternatives say side by side no program says. Syntax newer than the Python that runs forge-doctor is
read all the same; where it is not, the finding names the Python that reads it. Only what the parser
could not read is told: some of what Python refuses (a `def` without a body) it reads. And only files
that could hold a fault are parsed, those with `async` or `await` that speak of sessions, engines or
database URLs: a broken file of another kind is not reported here. Code that nests deeper than any
written by hand (over 1,500 levels: a sum of as many terms) parses, but is not judged: a warning says so.

Bad:

    async def work(session:
        await session.commit()

Good:

    async def work(session):
        await session.commit()

Source: https://docs.python.org/3/reference/grammar.html
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.unparsed_parts import MOST_DEEP
from forge_doctor.finding import Confidence, Finding, Location, Severity

SUSPECT = AnyWord(b"async ", b"await ")
EVEN_IF_EXPECTED_TO_FAIL = True
EVEN_OF_TEMPLATES = True


@check(severity=Severity.ERROR)
def syntax_error(file: SourceFile, project: Project) -> Iterator[Finding]:  # noqa: ARG001 - every rule's signature
    """Say what the parser said."""
    problem = file.problem
    if problem is None:
        yield from too_deep(file)
        return
    reader = f"; {problem.reader} would read it" if problem.reader else ""
    yield Finding(
        check=syntax_error.id,
        severity=Severity.INFO if file.is_template else syntax_error.severity,
        confidence=Confidence.HIGH,
        message=f"it was read only in part: {problem.message}{reader}",
        location=Location(target=file.path, line=problem.line, column=problem.column),
        remedy="mend the syntax, or exclude the file",
    )


def too_deep(file: SourceFile) -> Iterator[Finding]:
    """Say where a part begins that nobody looks into."""
    offset = file.first_left_out
    if offset is not None:
        yield Finding(
            check=syntax_error.id,
            severity=Severity.WARNING,
            confidence=Confidence.HIGH,
            message=f"it was read only in part: what nests over {MOST_DEEP:,} deep here was not judged",
            location=file.span(offset, offset),
            remedy="split the expression, or exclude the file if it is generated",
        )
