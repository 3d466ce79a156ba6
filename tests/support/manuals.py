"""What the manuals of rules show."""

from __future__ import annotations

import re
import textwrap
from itertools import takewhile

from forge_doctor.lint.judge import Rule

SECTION = re.compile(
    r"^(Why|Bad|Good|Wrong when|Source):(.*?)(?=^(?:Why|Bad|Good|Wrong when|Source):|\Z)", re.MULTILINE | re.DOTALL
)


def sections(rule: Rule) -> dict[str, str]:
    """The parts of a manual by their headings; of the examples the code alone."""
    return {name: _code(text) if name in ("Bad", "Good") else text for name, text in SECTION.findall(rule.manual)}


def _code(text: str) -> str:
    """What is indented, without that; prose may follow it."""
    lines = text.lstrip("\n").splitlines(keepends=True)
    return textwrap.dedent("".join(takewhile(lambda line: not line.strip() or line.startswith("    "), lines)))
