"""What `--fix` leaves behind: it parses, a second run changes nothing, and only what was surely found is touched."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forge_doctor.finding import Confidence, Edit, Finding, Location, Severity
from forge_doctor.lint.fixes.apply_edits import fix_text
from forge_doctor.lint.judge import Rule, all_rules, judge_files

RULES: tuple[Rule, ...] = tuple(all_rules())
FILE = Path("/nowhere/app.py")
SLOW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def bad_examples() -> tuple[str, ...]:
    """The faulty sources of all manuals that can be mended."""
    parts = [
        part for rule in RULES for part in re.findall(r"^Bad:\n\n(.*?)^Good:", rule.manual, re.DOTALL | re.MULTILINE)
    ]
    sources = [re.sub(r"^    ", "", part, flags=re.MULTILINE).strip() + "\n" for part in parts]
    return tuple(one for one in sources if any(found.edits for found in relint(one)))


def relint(text: str) -> Sequence[Finding]:
    return judge_files([FILE], RULES, overlay={FILE: text.encode()}, root=FILE.parent).findings


@SLOW
@given(st.data(), st.booleans())
def test_any_faults_side_by_side_are_mended_for_good(data: st.DataObject, unsafe: bool) -> None:
    chosen = data.draw(st.lists(st.sampled_from(bad_examples()), min_size=1, max_size=3, unique=True))
    source = "\n\n".join(chosen)
    once = fix_text(source, relint, unsafe=unsafe)
    ast.parse(once.text)
    assert fix_text(once.text, relint, unsafe=unsafe).text == once.text
    if not unsafe and not any(one.edits and one.confidence is Confidence.HIGH for one in relint(source)):
        assert once.text == source


@pytest.mark.parametrize("confidence", list(Confidence))
def test_no_edit_is_safe_where_the_finding_is_not_sure(confidence: Confidence) -> None:
    place = Location(target="app.py", line=1, column=1, end_line=1, end_column=1)
    found = Finding(
        check="x", severity=Severity.ERROR, confidence=confidence, message="x", location=place,
        edits=(Edit(location=place, replacement="x = "),),
    )  # fmt: skip
    assert all(edit.safe for edit in found.edits) is (confidence is Confidence.HIGH)
    mended = fix_text("f()\n", lambda text: [found] if text == "f()\n" else []).text
    assert mended == ("x = f()\n" if confidence is Confidence.HIGH else "f()\n")
