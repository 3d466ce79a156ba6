"""Migration trees written from a few lines: the lines that must be found carry `# expect` comments.

A case is the text of one or several revisions, each behind `# revision <id> after <parent>`; one without such a line
follows the base, `a001`, which has the tables `customers`, `orders` and `settings`. Every file begins with the imports
and ids of a revision.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from forge_doctor.check import Check, load
from forge_doctor.finding import Confidence, Finding
from forge_doctor.migrations import checks
from forge_doctor.migrations.history import History
from forge_doctor.migrations.judge import read
from forge_doctor.migrations.tree.places import places
from forge_doctor.report import Report, run_check, sort_outcomes

EXPECT = re.compile(r"#\s*expect\b(?:\s+(low|medium|high))?")
MARK = re.compile(r"^# revision (\w+)(?: after (\w+(?:, \w+)*))?(?: labels (\w+))?$", re.MULTILINE)
ENV = "from sqlalchemy.ext.asyncio import async_engine_from_config  # asyncpg\n"
BASE = """
def upgrade():
    op.create_table("customers", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(100)))
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("customer_id", sa.Integer),
        sa.Column("status", sa.String(20)),
        sa.Column("note", sa.Text),
        sa.Column("total", sa.Numeric(10, 2)),
        sa.Column("payload", sa.JSON),
        sa.Column("placed_at", sa.DateTime),
    )
    op.create_table("settings", sa.Column("id", sa.Integer, primary_key=True), sa.Column("value", sa.Text))


def downgrade():
    op.drop_table("settings")
    op.drop_table("orders")
    op.drop_table("customers")
"""


def header(revision: str, down: str, labels: str = "") -> str:
    """The first lines of a revision file."""
    parents = [one.strip() for one in down.split(",") if one.strip()]
    written = repr(parents[0]) if len(parents) == 1 else repr(tuple(parents)) if parents else "None"
    given = f"branch_labels = ({labels!r},)\n" if labels else ""
    return f"import sqlalchemy as sa\nfrom alembic import op\n\nrevision = {revision!r}\ndown_revision = {written}\n{given}"


FILE = re.compile(r"^# file: env\.py\n(?P<text>(?:(?!def upgrade|# revision).*\n)*)", re.MULTILINE)


def with_env(case: str) -> tuple[str, str]:
    """A case without its `# file: env.py`, and that file."""
    text = textwrap.dedent(case)
    found = FILE.search(text)
    return (text, ENV) if found is None else (text.replace(found[0], ""), ENV + found["text"])


def revision_files(case: str) -> dict[str, str]:
    """The files of a case, by name."""
    text = textwrap.dedent(case)
    marks = [*MARK.finditer(text)]
    parts: list[tuple[str, str, str, str]] = [] if marks else [("b002", "a001", "", text)]
    for at, mark in enumerate(marks):
        end = marks[at + 1].start() if at + 1 < len(marks) else len(text)
        parts.append((mark[1], mark[2] or "", mark[3] or "", text[mark.end() : end]))
    if not any(one == "a001" and body.strip() for one, _, _, body in parts):
        parts = [("a001", "", "", BASE), *(one for one in parts if one[0] != "a001")]
    return {
        f"{number:02}_{name}.py": header(name, down, labels) + body
        for number, (name, down, labels, body) in enumerate(parts)
    }


def write_tree(folder: Path, case: str, env: str = ENV, files: Mapping[str, str] | None = None) -> Path:
    """Write a tree with its configuration; gives the folder."""
    case, of_case = with_env(case)
    env = of_case if env == ENV else env
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n", encoding="utf-8")
    (folder / "migrations" / "env.py").write_text(env, encoding="utf-8")
    for name, text in revision_files(case).items():
        (versions / name).write_text(text, encoding="utf-8")
    for name, text in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return folder


def report_of(folder: Path, *select: str) -> Report:
    """What the checks named (all of them without a name) say of the one tree in a folder."""
    chosen = tuple(one for one in load(checks) if not select or one.id in select)
    assert len(chosen) == len(select) or not select, select
    (place,) = places(folder)
    return judged(read(place, folder), chosen)


def judged(history: History, chosen: Iterable[Check[Any]]) -> Report:
    """What checks say of one history, and what was not read."""
    outcomes = [*history.tree.unread, *(told for check in chosen for told in run_check(check, history))]
    findings, not_run = sort_outcomes(outcomes)
    return Report(command="migrations", subject=history.tree.name, findings=findings, not_run=not_run)


def check_case(
    check: str, case: str, folder: Path, env: str = ENV, files: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """Judge a case, and compare the lines found with those marked `# expect` (with a word: at that confidence)."""
    report = report_of(write_tree(folder, case, env, files), check)
    assert not report.not_run, report.not_run
    wanted = dict(_expected(folder))
    got = {(Path(one.location.target).name, one.location.line or 0): one for one in report.findings}
    missed, false = wanted.keys() - got.keys(), got.keys() - wanted.keys()
    assert not missed, f"missed {sorted(missed)}"
    assert not false, f"false alarms {[(key, got[key].message) for key in sorted(false)]}"
    for key, word in wanted.items():
        assert not word or got[key].confidence.label == word, f"{key}: {got[key].confidence.label}, wanted {word}"
    return report.findings


def _expected(folder: Path) -> Iterator[tuple[tuple[str, int], str]]:
    for path in sorted((folder / "migrations" / "versions").glob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = EXPECT.search(line)
            if found is not None:
                yield (path.name, number), found[1] or ""


def examples(manual: str) -> tuple[str, str]:
    """The code of `Bad:` and of `Good:` of a manual."""
    found = [re.search(rf"^{name}:\n\n((?:(?:    .*)?\n)+)", manual + "\n", re.MULTILINE) for name in ("Bad", "Good")]
    bad, good = (textwrap.dedent(one[1]) if one else "" for one in found)
    return bad, good


def examine(check: str, case: str, folder: Path) -> tuple[Finding, ...]:
    """What a check says of a case, whatever it expects, of medium confidence at least."""
    report = report_of(write_tree(folder, case), check)
    assert not report.not_run, report.not_run
    return tuple(one for one in report.findings if one.confidence >= Confidence.MEDIUM)
