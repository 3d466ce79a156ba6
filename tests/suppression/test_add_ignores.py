"""Writing ignore comments."""

from __future__ import annotations

import pytest

from forge_doctor.suppression.add_ignores import add_ignores
from forge_doctor.suppression.comments import parse_ignores, suppress
from tests.lint.examples import finding


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a()\nb()\n", "a()\nb()  # forge-doctor: ignore[rule-a] why\n"),
        ("a()\nb()  # noqa\n", "a()\nb()  # noqa  # forge-doctor: ignore[rule-a] why\n"),
        ("a()\r\nb()\r\n", "a()\r\nb()  # forge-doctor: ignore[rule-a] why\r\n"),
        ("a()\nb()", "a()\nb()  # forge-doctor: ignore[rule-a] why"),
        ('a()\nb("""\nx\n""")\n', 'a()\nb("""\nx\n""")  # forge-doctor: ignore[rule-a] why\n'),
        ("a()\nb \\\n  .c()\n", "a()\nb \\\n  .c()  # forge-doctor: ignore[rule-a] why\n"),
        ("a()\nb(\n  c(),\n)\n", "a()\nb(\n  c(),\n)  # forge-doctor: ignore[rule-a] why\n"),
        (
            "a()\nb()  # forge-doctor: ignore[rule-b] old\n",
            "a()\nb()  # forge-doctor: ignore[rule-b, rule-a] old\n",
        ),
    ],
)
def test_the_comment_goes_where_it_reaches_the_finding(source: str, expected: str) -> None:
    assert add_ignores(source, [finding("rule-a", 2)], "why") == expected
    assert suppress([finding("rule-a", 2)], parse_ignores(expected)).findings == ()


def test_a_finding_inside_a_statement_and_two_rules_on_a_line_share_a_comment() -> None:
    found = [finding("rule-b", 2), finding("rule-a", 3), finding("rule-a", 2)]
    assert add_ignores("f(\n  b(),\n  c(),\n)\n", found) == (
        "f(\n  b(),\n  c(),\n)  # forge-doctor: ignore[rule-a, rule-b]\n"
    )


def test_a_finding_no_comment_can_reach_is_said() -> None:
    with pytest.raises(ValueError, match="does not reach"):
        add_ignores("b()\n", [finding("rule-a", None)])
