"""Ignore comments: which findings they mute, and what is said of the comments themselves."""

from __future__ import annotations

import pytest

from forge_doctor.check import load
from forge_doctor.finding import Finding
from forge_doctor.lint.fixes.apply_edits import apply_edits
from forge_doctor.suppression import ignores as ignore_checks
from forge_doctor.suppression.comments import parse_ignores, suppress
from forge_doctor.suppression.ignore_audit import IgnoreAudit
from tests.lint.examples import finding

RULES = frozenset({"rule-a", "rule-b"})


def muted_lines(source: str, check: str = "rule-a") -> list[int]:
    """The lines on which a finding of the rule would be muted."""
    ignores = parse_ignores(source)
    lines = range(1, source.count("\n") + 2)
    return [line for line in lines if not suppress([finding(check, line)], ignores).findings]


def told(source: str, *findings: Finding, ran: frozenset[str] = RULES) -> list[Finding]:
    """What the checks of the comments themselves say."""
    result = suppress(findings, parse_ignores(source))
    audit = IgnoreAudit(target="app.py", used=result.used, known=RULES, ran=ran)
    said = (found for check in load(ignore_checks) for found in check.run(audit))
    return [found for found in said if isinstance(found, Finding)]


@pytest.mark.parametrize(
    "comment",
    [
        "# forge-doctor: ignore[rule-a] why",
        "#forge-doctor:ignore[rule_a]why",
        "# forge-doctor: ignore[rule-b, RULE-A] why",
        "# noqa: E501  # forge-doctor: ignore[rule-a] why",
        "# forge-doctor: ignore[rule-a] why  # noqa: E501",
        "# forge-doctor: ignore [rule-a]: why",
    ],
)
def test_a_comment_mutes_the_rules_it_names_on_its_line(comment: str) -> None:
    assert muted_lines(f"a()\nb()  {comment}\nc()\n") == [2]
    assert muted_lines(f"b()  {comment}", "rule-c") == []


@pytest.mark.parametrize(
    "line",
    [
        "b()  # forge-doctor: ignore",
        "b()  # forge-doctor: ignore rule-a",
        "b()  # forge-doctor: ignore[] why",
        "b()  # forge-doctor: ignored[rule-a] why",
        "b()  # forge-doctor ignore[rule-a] why",
        'b("# forge-doctor: ignore[rule-a] why")',
        "b('''# forge-doctor: ignore[rule-a] why''')",
        'b(f"{x["# forge-doctor: ignore[rule-a] why"]}")',
    ],
)
def test_what_is_no_such_comment_mutes_nothing(line: str) -> None:
    assert muted_lines(f"{line}\n") == []


def test_on_the_first_line_of_a_statement_it_mutes_all_its_lines() -> None:
    source = "r = await f(  # forge-doctor: ignore[rule-a] why\n    g(),\n    h(),\n)\nother()\n"
    assert muted_lines(source) == [1, 2, 3, 4]


def test_on_the_last_line_of_a_statement_it_mutes_all_its_lines() -> None:
    source = 'db.execute("""\n    select 1\n""")  # forge-doctor: ignore[rule-a] why\nother()\n'
    assert muted_lines(source) == [1, 2, 3]


def test_within_a_statement_it_mutes_only_its_own_line() -> None:
    assert muted_lines("f(\n    g(),  # forge-doctor: ignore[rule-a] why\n    h(),\n)\n") == [2]
    assert muted_lines("f(\n    # forge-doctor: ignore[rule-a] why\n    g(),\n    h(),\n)\n") == [3]


def test_on_the_header_of_a_block_it_does_not_mute_the_block() -> None:
    source = "async def f(\n    a,\n):  # forge-doctor: ignore[rule-a] why\n    b()\n    c()\n"
    assert muted_lines(source) == [1, 2, 3]
    source = "with a() as b, \\\n     c() as d:\n    # forge-doctor: ignore[rule-a] why\n    e()\n    f()\n"
    assert muted_lines(source) == [4]


def test_alone_on_a_line_it_mutes_the_next_statement() -> None:
    mark = "# forge-doctor: ignore[rule-a] why"
    source = f"a()\n{mark}\n# another remark\n\nb(\n    1,\n)\nc()\n{mark}\n"
    assert muted_lines(source) == [5, 6, 7, 9]


def test_a_decorator_is_not_muted_by_the_line_of_its_function() -> None:
    assert muted_lines("@d(\n    1,\n)\ndef f():  # forge-doctor: ignore[rule-a] why\n    pass\n") == [4]


def test_ignore_file_mutes_the_rule_everywhere_even_without_a_line() -> None:
    source = "a()\n# forge-doctor: ignore-file[rule-a] generated\nb()\n"
    assert muted_lines(source) == [1, 2, 3, 4]
    assert muted_lines(source, "rule-b") == []
    assert suppress([finding("rule-a", None)], parse_ignores(source)).findings == ()


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_columns_count_characters_whatever_the_newline(newline: str) -> None:
    (ignore,) = parse_ignores(f"a(){newline}x = 'é😀'  # forge-doctor: ignore[rule-a] naïve{newline}")
    assert (ignore.line, ignore.gap_column, ignore.column, ignore.reason) == (2, 9, 11, "naïve")


@pytest.mark.parametrize("broken", ["def f(:\n", "x = '''\n", "\0\n", "{% if x %}\n", ")\n" * 50])
def test_a_source_that_does_not_parse_raises_nothing(broken: str) -> None:
    source = broken + "b()  # forge-doctor: ignore[rule-a] why\n"
    assert len(parse_ignores(source)) <= 1


def test_a_former_id_still_mutes() -> None:
    ignores = parse_ignores("b()  # forge-doctor: ignore[old-name] why", {"old-name": "rule-a"})
    assert suppress([finding("rule-a", 1)], ignores).findings == ()


def test_an_ignore_that_mutes_something_is_not_reported() -> None:
    assert told("b()  # forge-doctor: ignore[rule-a] why\n", finding("rule-a", 1)) == []


def test_an_unused_ignore_is_reported_with_its_removal() -> None:
    source = "b()  # forge-doctor: ignore[rule-a] why  # noqa\n"
    (found,) = told(source)
    assert (found.check, found.location.line, found.location.column) == ("unused-ignore", 1, 6)
    assert apply_edits(source, found.edits) == "b()  # noqa\n"


def test_the_unused_half_of_an_ignore_is_taken_out() -> None:
    source = "b()  # forge-doctor: ignore[rule-a, rule-b] why\n"
    (found,) = told(source, finding("rule-b", 1))
    assert "ignore[rule-a]" in found.message
    assert apply_edits(source, found.edits) == "b()  # forge-doctor: ignore[rule-b] why\n"


@pytest.mark.parametrize("after", ["\n", "", "\nb()\n"])
def test_an_unused_ignore_on_a_line_of_its_own_goes_with_its_line(after: str) -> None:
    source = f"a()\n    # forge-doctor: ignore[rule-a] why{after}"
    (found,) = told(source)
    assert apply_edits(source, found.edits) == "a()\n" + after.removeprefix("\n")


def test_an_ignore_of_a_rule_that_did_not_run_is_left_in_peace() -> None:
    assert told("b()  # forge-doctor: ignore[rule-a] why\n", ran=frozenset({"rule-b"})) == []


def test_an_ignore_without_a_reason_is_reported() -> None:
    (found,) = told("b()  # forge-doctor: ignore[rule-a]\n", finding("rule-a", 1))
    assert (found.check, found.severity.label) == ("unexplained-ignore", "info")


def test_an_unknown_rule_is_reported_with_the_nearest() -> None:
    (found,) = told("b()  # forge-doctor: ignore[rule-aa] why\n")
    assert (found.check, found.remedy) == ("unknown-ignore", "did you mean 'rule-a'?")
    (found,) = told("b()  # forge-doctor: ignore[zzz] why\n")
    assert found.remedy == "forge-doctor explain lists the rules"


def test_an_ignore_that_names_no_rule_is_reported_once() -> None:
    (found,) = told("b()  # forge-doctor: ignore\n")
    assert (found.check, found.remedy) == ("unknown-ignore", "name it: ignore[rule] reason")
