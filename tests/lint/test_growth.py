"""Twice the source is at most a little more than twice the work, whatever its shape: counted in questions asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.lint.judge import all_rules, judge_files
from tests.support.growing_sources import SHAPES
from tests.support.questions import questions


def asked(folder: Path, source: str) -> int:
    """The questions of one run of every rule over one file."""
    path = folder / "module.py"
    path.write_text(source)
    return questions(lambda: judge_files([path], all_rules(), root=folder)).total()


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_twice_the_source_is_twice_the_work(name: str, tmp_path: Path) -> None:
    once, twice = (asked(tmp_path, SHAPES[name](size)) for size in (90, 180))
    assert twice <= 2.4 * once
