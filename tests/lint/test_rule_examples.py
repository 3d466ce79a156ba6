"""Every rule's manual is true: its Bad example is found by that rule, its Good example is not."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from forge_doctor.code.syntax.source import parse
from forge_doctor.finding import Confidence
from forge_doctor.lint.judge import Rule, all_rules
from tests.support.lint_cases import lint_source
from tests.support.manuals import sections

RULES = all_rules()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_manual_says_why_shows_bad_and_good_and_names_its_source(rule: Rule) -> None:
    found = sections(rule)
    assert [name for name in found if name != "Wrong when"] == ["Why", "Bad", "Good", "Source"]
    assert all(text.strip() for text in found.values())
    assert "http" in found["Source"]
    assert len(rule.summary) <= 100


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_bad_example_is_found_by_its_own_rule(rule: Rule, tmp_path: Path) -> None:
    assert [one.check for one in lint_source(sections(rule)["Bad"], rule.id, tmp_path)][:1] == [rule.id]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_finding_says_its_function_and_what_its_line_does(rule: Rule, tmp_path: Path) -> None:
    example = sections(rule)["Bad"]
    found = lint_source(example, rule.id, tmp_path)[0]
    if rule.id == "syntax-error":
        return  # nothing can be said of what nobody can read
    assert found.code is not None
    assert found.code.does
    line = found.location.line or 0
    tree = ast.parse(example)
    heads = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    starts = {one: min([one.lineno, *(each.lineno for each in one.decorator_list)]) for one in heads}
    around = [one for one in heads if starts[one] <= line <= (one.end_lineno or 0)]
    name, end = (around[-1].name, around[-1].end_lineno) if around else ("", None)
    assert (found.code.function.rpartition(".")[2], found.code.end_line) == (name, end)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_good_example_gives_no_finding(rule: Rule, tmp_path: Path) -> None:
    assert lint_source(sections(rule)["Good"], rule.id, tmp_path) == ()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_no_edit_of_a_finding_that_may_be_wrong_is_safe(rule: Rule) -> None:
    file = parse("work()\n")
    given = file.insertion(0, "await "), file.insertion(6, "", safe=False)
    for confidence in Confidence:
        found = file.finding(rule, file.module, "wrong", confidence=confidence, edits=given)
        assert [edit.safe for edit in found.edits] == [confidence is Confidence.HIGH, False]
        lowered = replace(found, confidence=Confidence.MEDIUM)
        assert not any(edit.safe for edit in lowered.edits)
