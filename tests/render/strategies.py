"""Reports with any characters in any field: what a format must survive."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

from forge_doctor.check import RuleInfo
from forge_doctor.diagnosis import Diagnosis, Holder, Moment, Place, Reason, RuledOut, Symptom, Urgency, Verdict
from forge_doctor.finding import Confidence, Edit, Evidence, Finding, Location, NotRun, Related, Severity
from forge_doctor.picture import Bar, Capacity, Excerpt, Lane, Node, Part, Rate, Sum, Timeline, Tone, Tree
from forge_doctor.report import Measurement, Report, Table

# Not derandomised for luck: a failure must be the same on the next run of CI.
QUICK = settings(max_examples=40, deadline=None, derandomize=True, database=None)

HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07",
    "\u202egnp.exe",
    "]]>",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "</pre></svg></style><style>*{}",
    "<!--",
    "::error::x",
    "##[error]x",
    "a|b",
    "%0A::set-output",
    "```\n# x",
    "[red]x[/red]",
    "\ud800",
    "\ufffe\uffff",
    "\x00",
    "日本語" * 9,
    "👩‍👩‍👧‍👦" * 5,
    "x" * 300,
    'a"b\\c\nd',
    "@everyone",
    "a\r\nb\u2028c\x85d",
    "",
    " ",
)
# Surrogates are asked for by name: an undecodable byte of another process's command line is one.
ANY_CHARACTER = st.characters() | st.characters(categories=["Cs", "Cc", "Cf", "Zs", "Mn"])
TEXT = st.sampled_from(HOSTILE) | st.text(ANY_CHARACTER, max_size=40)
NUMBER = st.integers() | st.floats()
VALUE = TEXT | NUMBER | st.booleans() | st.none()
POSITION = st.none() | st.integers(1, 9999)


@st.composite
def locations(draw: st.DrawFn) -> Location:
    """A name, a path, or a range of a path."""
    target = draw(TEXT | st.sampled_from(("src/shop/api.py", "/srv/a b/api.py", "pid 4711 shop_api@shop")))
    line = draw(POSITION)
    if line is None:
        return Location(target=target)
    column = draw(POSITION)
    end_line = draw(st.none() | st.integers(line, line + 9))
    end_column = draw(st.integers(column, column + 99)) if column and end_line else None
    return Location(target=target, line=line, column=column, end_line=end_line, end_column=end_column)


EVIDENCE = st.builds(Evidence, label=TEXT, value=VALUE, unit=TEXT, source=TEXT)
RELATED = st.builds(Related, message=TEXT, location=st.none() | locations(), check=TEXT)
EDITS = st.builds(Edit, location=locations(), replacement=TEXT, safe=st.booleans())
FINDINGS = st.builds(
    Finding,
    check=TEXT,
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    message=TEXT,
    location=locations(),
    evidence=st.lists(EVIDENCE, max_size=2).map(tuple),
    remedy=TEXT,
    related=st.lists(RELATED, max_size=1).map(tuple),
    edits=st.lists(EDITS, max_size=2).map(tuple),
)
NOT_RUN = st.builds(NotRun, check=TEXT, reason=TEXT, remedy=TEXT, crashed=st.booleans())


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """One to four columns, as many cells in every row."""
    columns = draw(st.lists(TEXT, min_size=1, max_size=4))
    row = st.tuples(*(TEXT | NUMBER | st.none() for _ in columns))
    rows = draw(st.lists(row, max_size=3))
    return Table(title=draw(TEXT), columns=tuple(columns), rows=tuple(rows), note=draw(TEXT))


TONES = st.sampled_from(Tone)
# Also moments that no calendar holds: a clock may have been anything.
MOMENT = st.floats(-1e12, 1e12, allow_nan=False)
BARS = st.builds(Bar, label=TEXT, start=MOMENT, end=MOMENT, state=TEXT, tone=TONES, detail=TEXT)
LANES = st.builds(Lane, name=TEXT, bars=st.lists(BARS, max_size=2).map(tuple), more=st.integers(0, 9))
RATES = st.builds(
    Rate,
    label=TEXT,
    severity=st.sampled_from(Severity),
    width_s=st.floats(1, 1e6),
    counts=st.lists(st.tuples(MOMENT, st.integers(0, 10**9)), max_size=2).map(tuple),
)
TIMELINES = st.builds(
    Timeline,
    title=TEXT,
    start=MOMENT,
    end=MOMENT,
    lanes=st.lists(LANES, max_size=2).map(tuple),
    rates=st.lists(RATES, max_size=2).map(tuple),
    note=TEXT,
)
NODES = st.recursive(
    st.builds(Node, label=TEXT, detail=TEXT, tone=TONES, more=st.integers(0, 9)),
    lambda below: st.builds(Node, label=TEXT, behind=st.lists(below, max_size=2).map(tuple)),
    max_leaves=4,
)
TREES = st.builds(Tree, title=TEXT, roots=st.lists(NODES, max_size=2).map(tuple), note=TEXT)
PARTS = st.builds(Part, label=TEXT, value=st.floats(0, 1e12), tone=TONES)
SUMS = st.builds(Sum, label=TEXT, parts=st.lists(PARTS, max_size=3).map(tuple), source=TEXT)
CAPACITIES = st.builds(
    Capacity,
    title=TEXT,
    unit=TEXT,
    limit=st.floats(0, 1e9),
    limit_label=TEXT,
    sums=st.lists(SUMS, max_size=2).map(tuple),
    note=TEXT,
)
EXCERPTS = st.builds(
    Excerpt, location=locations(), first=st.integers(1, 9999), lines=st.lists(TEXT, max_size=3).map(tuple), title=TEXT
)
PICTURES = TIMELINES | TREES | CAPACITIES | EXCERPTS

PLACES = st.none() | st.builds(Place, file=TEXT, line=POSITION, function=TEXT, seen=TEXT)
HOLDERS = st.builds(Holder, session=POSITION, name=TEXT, place=PLACES, how=TEXT, since=TEXT, state=TEXT, statement=TEXT)
LINES = st.lists(TEXT, max_size=2).map(tuple)
DIAGNOSES = st.builds(
    Diagnosis,
    cause=TEXT,
    verdict=st.sampled_from(Verdict),
    urgency=st.sampled_from(Urgency),
    title=TEXT,
    application=TEXT,
    place=PLACES,
    holders=st.lists(HOLDERS, max_size=1).map(tuple),
    symptoms=st.lists(st.builds(Symptom, part=TEXT, check=TEXT, text=TEXT, place=PLACES), max_size=1).map(tuple),
    why=st.lists(st.builds(Reason, text=TEXT, part=TEXT, source=TEXT), max_size=1).map(tuple),
    now=LINES,
    change=LINES,
    next=LINES,
    ruled_out=st.lists(st.builds(RuledOut, cause=TEXT, why=TEXT), max_size=1).map(tuple),
    timeline=st.lists(st.builds(Moment, at=TEXT, text=TEXT, lane=TEXT), max_size=1).map(tuple),
)

REPORT = st.builds(
    Report,
    command=TEXT,
    subject=TEXT,
    findings=st.lists(FINDINGS, max_size=3).map(tuple),
    not_run=st.lists(NOT_RUN, max_size=2).map(tuple),
    inspected=st.dictionaries(TEXT, st.integers(0, 10**6), max_size=2),
    headline=TEXT,
    tables=st.lists(tables(), max_size=1).map(tuple),
    data=st.dictionaries(st.sampled_from(("sizing", "pods", "locks")), VALUE | st.lists(VALUE, max_size=2), max_size=2),
    measurements=st.lists(
        st.builds(
            Measurement,
            st.sampled_from(("server_slots_used", "server_sessions")),
            st.just("What was measured."),
            st.integers(0, 10**6),
            st.lists(st.tuples(st.just("worker"), TEXT), max_size=1).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
    pictures=st.lists(PICTURES, max_size=2).map(tuple),
    diagnoses=st.lists(DIAGNOSES, max_size=1).map(tuple),
    rules=st.dictionaries(TEXT, st.builds(RuleInfo, TEXT, TEXT, st.lists(TEXT, max_size=2).map(tuple)), max_size=2),
)
REPORTS = st.lists(REPORT, max_size=2)
