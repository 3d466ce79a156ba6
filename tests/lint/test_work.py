"""A file that asks for more work than code that people write is given up: said so, and nobody else pays for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.lint import judge
from tests.support.growing_sources import SHAPES

SMALL = """\
from sqlalchemy.ext.asyncio import AsyncSession
from large import work


async def run(session: AsyncSession):
    session.commit()
    work(session, 1)
"""


@pytest.mark.parametrize(
    "shape", ["statements_of_one_function", "branches_inside_branches", "untyped_helpers", "handlers"]
)
def test_a_file_of_too_much_work_is_given_up_and_the_next_is_judged_as_ever(
    shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large, small = tmp_path / "large.py", tmp_path / "small.py"
    large.write_text(SHAPES[shape](60))
    small.write_text(SMALL)
    alone = judge.judge_files([small], judge.all_rules(), root=tmp_path)
    monkeypatch.setattr(judge, "MOST_QUESTIONS", 2_000)
    both = judge.judge_files([large, small], judge.all_rules(), root=tmp_path)
    assert [one.reason.startswith(f"{large}: given up after 2,000 questions") for one in both.not_run] == [True]
    assert not any(one.crashed for one in both.not_run)
    of_small = [one for one in both.findings if one.location is not None and one.location.target == str(small)]
    assert of_small == list(alone.findings) != []


def test_ordinary_code_is_far_from_the_limit(tmp_path: Path) -> None:
    for shape, source in SHAPES.items():
        (tmp_path / f"{shape}.py").write_text(source(20))
    report = judge.judge_files(sorted(tmp_path.glob("*.py")), judge.all_rules(), root=tmp_path)
    assert report.not_run == ()
