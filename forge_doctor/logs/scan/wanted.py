"""What the scanner looks for: the literals of the signatures, and what errors have that no signature knows."""

from __future__ import annotations

import functools

from forge_doctor.dataclass import dataclass
from forge_doctor.logs.scan.engines import Engine, fastest_installed, make_engine
from forge_doctor.logs.scan.lifecycle import MARKS, STARTS
from forge_doctor.streams.heads.localised import LOUD, loud_words

# What errors have that no signature knows.
ANCHORS = (
    b"Traceback (most recent call last)",
    b"ERROR",
    b"CRIT",  # also CRITICAL
    b"FATAL",
    b"PANIC",
    b"SEVERE",  # java.util.logging's
    b'"error"',
    b'"critical"',
    b"level=error",
    b"level=fatal",
    b"[error",
    b"[critical",
    b"1merror",  # structlog's console, whose level has a colour
    b"1mcritical",
    b"level='error",  # structlog's KeyValueRenderer
    b"level='critical",
    b"level=critical",
    *(key + b"=" + level for key in (b"lvl", b"verity") for level in (b"error", b"fatal", b"critical")),
    b"[E 2",  # Tornado's and Jupyter's level and year
    b"[C 2",
    *(b'"level":%b%d' % (blank, level) for blank in (b"", b" ") for level in (50, 60)),  # bunyan, pino
    *(
        key + b'":' + blank + b'"' + level
        for key in (b"@l", b"evel")
        for blank in (b"", b" ")
        for level in (b"Error", b"Fatal", b"Critical")
    ),
    b'"exc_info"',
    b'"exc_type"',
    b'"exception"',
    b"--- Logging error ---",
    b"RuntimeWarning: ",
    b"ResourceWarning: ",
    b"SAWarning: ",
    b"Exception ignored in",
    b"Background on this error at",
    "╭ ".encode(),  # the corner of tracerite's boxes, with which nothing else begins a line
    b"___ test",  # pytest's title of a failure
    b"___ Test",
    # Its headings, as tests that failed as they should come below one of their own.
    *(b"= XFAILURES =", b"= PASSES =", b"= FAILURES =", b"= ERRORS =", b"= warnings summary =", b"- live log call -"),
    b"= short test summary info =",
    b'"MESSAGE":[',  # journald gives text with colours as an array of bytes
)

# What PostgreSQL's own log says at WARNING and below, in other languages than English too.
AT_ANY_SEVERITY = (
    "terminating connection because of crash of another server process",
    "was terminated by signal {}:",
)

# What access logs say of a request that failed in the server, with and without colours between quote and status, as text,
# in fields of JSON and of logfmt, between blanks (load balancers, and what projects write themselves), behind an arrow.
FAILED_REQUESTS = (
    *(b'" %d' % status for status in (500, 502, 503, 504)),
    b"500 Internal Server Error",
    b"502 Bad Gateway",
    b"503 Service Unavailable",
    b"504 Gateway Time",
    *(
        word + quote + colon + opened + b"50"
        for word in (b"tatus", b"ode")
        for quote in (b'"', b'\\"')
        for colon in (b":", b": ")
        for opened in {b"", quote}
    ),
    *(word + b"=" + quote + b"50" for word in (b"tatus", b"ode") for quote in (b"", b'"')),
    *(b" %d " % status for status in (500, 502, 503, 504)),
    *(arrow + b"%d" % status for arrow in (b"> ", b" - ") for status in (500, 502, 503, 504)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The literals to look for and the engine that looks for them."""

    literals: tuple[bytes, ...]
    engine: Engine


@functools.cache
def wanted_literals() -> tuple[bytes, ...]:
    """What the signatures and the anchors look for."""
    from forge_doctor.logs.signature import load_signatures

    known = {word.encode() for signature in load_signatures().values() for word in signature.literals}
    return tuple(
        sorted(known.union(ANCHORS, LOUD, loud_words(AT_ANY_SEVERITY), (text for text, _ in (*MARKS, *STARTS))))
    )


def wanted_lines(engine: str = "") -> Wanted:
    """A search for them all with the named or the fastest engine, compiled once however that is named."""
    return _search_with(engine or fastest_installed())


@functools.cache
def _search_with(engine: str) -> Wanted:
    return Wanted(literals=wanted_literals(), engine=make_engine(wanted_literals(), engine, FAILED_REQUESTS))
