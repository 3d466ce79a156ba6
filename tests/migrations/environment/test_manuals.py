"""The manual of each check of env.py is true: its Bad example is found, its Good example is not."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from forge_doctor.check import Check
from tests.support.env_scripts import CHECKS, say

SECTION = re.compile(
    r"^(Why|Bad|Good|Wrong when|Source):(.*?)(?=^(?:Why|Bad|Good|Wrong when|Source):|\Z)", re.MULTILINE | re.DOTALL
)


def example(check: Check[Any], section: str) -> dict[str, str]:
    """The files of an example: `# file: main.py` begins one, and without it all is env.py."""
    text = textwrap.dedent(dict(SECTION.findall(check.manual))[section].lstrip("\n"))
    _, *parts = re.split(r"^# file: (\S+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True)) if parts else {"env.py": text}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_manual_has_its_sections_and_a_short_summary(check: Check[Any]) -> None:
    found = dict(SECTION.findall(check.manual))
    assert list(found) == ["Why", "Bad", "Good", "Wrong when", "Source"]
    assert all(text.strip() for text in found.values())
    assert "http" in found["Source"]
    assert len(check.summary) <= 100


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_the_bad_example_is_found_and_the_good_one_is_not(check: Check[Any], tmp_path: Path) -> None:
    bad = say(example(check, "Bad"), check.id, tmp_path / "bad")
    assert [one.check for one in bad] == [check.id]
    assert bad[0].severity is check.severity
    assert bad[0].remedy
    assert say(example(check, "Good"), check.id, tmp_path / "good") == ()
