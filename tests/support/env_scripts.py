"""Checks of env.py tried on small projects: the lines that must be found carry `# expect`; files are written and read."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

from forge_doctor.check import Check, load
from forge_doctor.code.semantics.project import Project
from forge_doctor.finding import Finding
from forge_doctor.migrations.environment import checks
from forge_doctor.migrations.environment.env_script import EnvScript, IniFile
from forge_doctor.migrations.environment.sources import Sources
from forge_doctor.report import run_check

EXPECT = re.compile(r"[#;]\s*expect\b(?:\s+(low|medium|high))?")
CHECKS: tuple[Check[[EnvScript]], ...] = load(checks)
INI = "alembic.ini"


def env_script(files: Mapping[str, str] | str, folder: Path) -> EnvScript:
    """The files written to a folder, the project's root; one alone is env.py."""
    written = {"env.py": files} if isinstance(files, str) else files
    for name, text in written.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    project = Project(folder)
    env = next(name for name in written if name.endswith("env.py"))
    file = project.open(folder / env)
    assert file is not None
    ini = IniFile(INI, textwrap.dedent(written[INI])) if INI in written else None
    revisions = sorted(folder.glob("**/versions/*.py"))
    newest = tuple(found for one in revisions if (found := project.open(one)) is not None)
    return EnvScript(project, file, ini, Sources(lambda: folder.rglob("*.py"), project.reading), newest)


def say(files: Mapping[str, str] | str, check: str, folder: Path) -> tuple[Finding, ...]:
    """What one check says of them."""
    script = env_script(files, folder)
    told = run_check(next(one for one in CHECKS if one.id == check), script)
    findings = tuple(one for one in told if isinstance(one, Finding))
    assert len(findings) == len(told), told
    return findings


def expect(files: Mapping[str, str] | str, check: str, folder: Path) -> tuple[Finding, ...]:
    """Compare the lines found with those marked `# expect` (with a word: at that confidence)."""
    findings = say(files, check, folder)
    written = {"env.py": files} if isinstance(files, str) else files
    wanted = {
        (name, number): match[1] or ""
        for name, text in written.items()
        for number, line in enumerate(textwrap.dedent(text).splitlines(), 1)
        if (match := EXPECT.search(line))
    }
    got = {(one.location.target, one.location.line or 0): one for one in findings}
    assert got.keys() == wanted.keys(), [(place, one.message) for place, one in got.items()]
    for place, word in wanted.items():
        assert not word or got[place].confidence.label == word
    return findings
