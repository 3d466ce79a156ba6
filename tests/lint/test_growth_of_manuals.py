"""Twice as many of what a rule's manual shows, good or bad, ask each question at most a little more than twice as often."""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from pathlib import Path

import pytest

from forge_doctor.code.semantics.inference.usage import same_source
from forge_doctor.code.syntax.text import often_asked, vocabulary
from forge_doctor.code.syntax.text.often_asked import OftenAsked
from forge_doctor.lint.judge import Rule, all_rules, judge_files
from forge_doctor.lint.rules import engine_across_event_loops
from tests.support.manuals import sections
from tests.support.questions import questions

IMPORT = re.compile(r"^(?:from|import) .*\n", re.MULTILINE)
SIZE = 8
SLACK = 40  # what is asked a few times of a whole file


def copies(example: str, times: int) -> str:
    """The same code so often under other names, below its imports."""
    own = {
        name
        for one in ast.parse(example).body
        for name in (
            [one.name] if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else
            [target.id for target in one.targets if isinstance(target, ast.Name)] if isinstance(one, ast.Assign) else []
        )
    }  # fmt: skip
    named = re.compile(rf"(?<![\w.\"'])({'|'.join(map(re.escape, sorted(own)))})\b" if own else r"(?!)()")
    code = IMPORT.sub("", example)
    each = (named.sub(rf"\1_{at}", code) for at in range(times))
    return "".join(IMPORT.findall(example)) + "\n".join(each)


def asked(folder: Path, source: str) -> Counter[str]:
    path = folder / "module.py"
    path.write_text(source)
    return questions(lambda: judge_files([path], all_rules(), root=folder))


@pytest.mark.slow
@pytest.mark.parametrize("rule", [one for one in all_rules() if one.id != "syntax-error"], ids=lambda rule: rule.id)
def test_twice_the_code_asks_no_question_more_than_twice(
    rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Ends that so few copies would not come to.
    monkeypatch.setattr(same_source, "MOST", 4)
    monkeypatch.setattr(engine_across_event_loops, "MOST_BEHIND", 4)
    # What a process has asked of the files before these.
    monkeypatch.setattr(often_asked, "WORTH_COMPILING", math.inf)
    monkeypatch.setattr(vocabulary, "OFTEN_ASKED", OftenAsked())
    found = sections(rule)
    for example in (found["Bad"], found["Good"]):
        once, twice = (asked(tmp_path, copies(example, size)) for size in (SIZE, 2 * SIZE))
        more = {name: (once[name], many) for name, many in twice.items() if many > 2.4 * once[name] + SLACK}
        assert more == {}
