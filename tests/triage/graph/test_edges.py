"""Edges say how sure they are: a doubtful line is worth less, unless a rule stands in the very place."""

import pytest

from forge_doctor.diagnosis import Place
from forge_doctor.finding import Confidence
from forge_doctor.triage.code_map import CodeMap
from forge_doctor.triage.graph.clues import RULE, Clue
from forge_doctor.triage.graph.edges import Edges, between, edge
from forge_doctor.triage.graph.places import Spot
from tests.support.triage_facts import function, rule, said

CODE = CodeMap(
    functions=(
        function("a.py", "get", 1, 5),
        function("b.py", "serve", 1, 9, "get", "mail"),
        function("c.py", "mail", 1, 5),
        function("d.py", "main", 1, 9, "serve"),
        function("e.py", "apart", 1, 9),
    )
)


def spot(file: str, line: int, how: str = "statement", confidence: Confidence = Confidence.HIGH) -> Spot:
    return Spot(place=Place(file=file, line=line), how=how, confidence=confidence)


@pytest.mark.parametrize(
    ("live", "other", "kind", "confidence"),
    [
        (spot("a.py", 3), spot("a.py", 3, RULE), "same line", Confidence.HIGH),
        (spot("a.py", 3, confidence=Confidence.LOW), spot("a.py", 3, RULE), "same line", Confidence.HIGH),
        (spot("a.py", 3), spot("a.py", 4, RULE), "same function", Confidence.HIGH),
        (spot("a.py", 3, confidence=Confidence.LOW), spot("a.py", 4, RULE), "same function", Confidence.MEDIUM),
        (spot("a.py", 3), spot("b.py", 4, RULE), "calls it", Confidence.MEDIUM),
        (spot("a.py", 3, confidence=Confidence.LOW), spot("b.py", 4, RULE), "calls it", Confidence.MEDIUM),
        (spot("a.py", 3, confidence=Confidence.LOW), spot("d.py", 4, RULE), "calls it through 1 more", Confidence.LOW),
        (spot("a.py", 3), spot("c.py", 4, RULE), "called from the same function", Confidence.MEDIUM),
        (spot("a.py", 3, confidence=Confidence.LOW), spot("a.py", 3), "same line", Confidence.LOW),
    ],
)
def test_between_two_lines(live: Spot, other: Spot, kind: str, confidence: Confidence) -> None:
    found = between(live, other, CODE)
    assert found is not None
    assert (found.kind, found.confidence) == (kind, confidence)


def test_functions_that_have_nothing_to_do_with_each_other() -> None:
    assert between(spot("a.py", 3), spot("e.py", 3, RULE), CODE) is None


def clue(part: str, **more: object) -> Clue:
    finding = rule("unclosed-session", "a.py", 3) if part == "lint" else said("idle-in-transaction")
    return Clue(part=part, says=frozenset({finding.check}), finding=finding, **more)  # type: ignore[arg-type]


def test_a_victim_s_line_joins_nothing() -> None:
    victim = clue("logs", spots=(spot("a.py", 3),), victim=True)
    assert edge(victim, clue("lint", spots=(spot("a.py", 3, RULE),)), CODE) is None


def test_sessions_join_before_lines() -> None:
    one, other = (
        clue("pool", holding=(7,), sessions=frozenset({7})),
        clue("pool", holding=(7, 8), sessions=frozenset({7, 8})),
    )
    found = edge(one, other, CODE)
    assert found is not None
    assert found.confidence is Confidence.HIGH


def test_a_table_is_a_weak_edge_where_the_line_is_elsewhere() -> None:
    statement = ("SELECT * FROM public.orders WHERE id = ?",)
    named = clue("lint", tables=frozenset({"orders"}), spots=(spot("e.py", 3, RULE),))
    unplaced = edge(clue("pool", statements=statement), named, CODE)
    placed = edge(clue("pool", statements=statement, spots=(spot("a.py", 3),)), named, CODE)
    assert unplaced is not None
    assert placed is not None
    assert (unplaced.confidence, placed.confidence) == (Confidence.MEDIUM, Confidence.LOW)


def test_an_edge_is_worked_out_once() -> None:
    one, other = clue("pool", spots=(spot("a.py", 3),)), clue("lint", spots=(spot("a.py", 4, RULE),))
    links = Edges(CODE)
    assert links.between(one, other) is links.between(one, other)
    assert links.between(one, other) == edge(one, other, CODE)
