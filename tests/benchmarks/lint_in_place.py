"""Runs rules on one file of a code base, as it is or with another text in its place; writes nothing."""

from __future__ import annotations

from pathlib import Path

from forge_doctor.code.semantics.project import Project
from forge_doctor.finding import Finding
from forge_doctor.lint.judge import Rule, all_rules, lint_file


class LintInPlace:
    """The chosen rules on the files of a code base; what is known of its untouched files is kept.

    The code base is the project, as it is for the linter where there is a clone with its .git folder.
    """

    def __init__(self, root: Path, rule_ids: tuple[str, ...]) -> None:
        self.rules: tuple[Rule, ...] = tuple(rule for rule in all_rules() if rule.id in rule_ids)
        self._untouched = Project(root)

    def findings(self, path: Path, text: bytes | None = None) -> tuple[Finding, ...]:
        """The findings in a file, with this text or its own."""
        base = self._untouched
        project = base if text is None else Project(base.root, {path: text}, base.surfaces)
        result = lint_file(path, path.as_posix(), project, self.rules)
        if result.not_run:
            raise RuntimeError(f"{path}: {result.not_run}")
        return result.findings
