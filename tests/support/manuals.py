"""What the manuals of rules show."""

from __future__ import annotations

import re
import textwrap

from forge_doctor.lint.judge import Rule

SECTION = re.compile(
    r"^(Why|Bad|Good|Wrong when|Source):(.*?)(?=^(?:Why|Bad|Good|Wrong when|Source):|\Z)", re.MULTILINE | re.DOTALL
)


def sections(rule: Rule) -> dict[str, str]:
    """The parts of a manual by their headings; code without its indentation."""
    return {
        name: textwrap.dedent(text.lstrip("\n") if name in ("Bad", "Good") else text)
        for name, text in SECTION.findall(rule.manual)
    }
