"""No secret of the corpus is in anything that leaves the program: every format of every command, and what it keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forge_doctor.cli.sessions.agent import answer
from forge_doctor.cli.sessions.editor.diagnoses import diagnose
from forge_doctor.finding import Severity
from forge_doctor.formats import OutputFormat
from forge_doctor.logs.problems.telling.report import TriageOptions, triage
from forge_doctor.pool.record import dump
from forge_doctor.pool.recorder.segments import segments
from forge_doctor.pool.run import run_pool
from forge_doctor.probes.postgres.backends.rows import session_of
from forge_doctor.render import RenderOptions, render
from forge_doctor.report import Report
from forge_doctor.settings import Settings
from tests.support.lint_command import lint
from tests.support.log_reading import read_whole
from tests.support.migration_cases import write_tree
from tests.support.migration_trees import migrations
from tests.support.recordings import Clock, recorder, seen_at, text_of
from tests.support.secret_corpus import CANARY, texts, texts_of_data
from tests.support.snapshots import idle_in_transaction, snapshot

# What is masked is the same on every Python.
pytestmark = pytest.mark.slow

CORPUS = texts()
OF_DATA = texts_of_data()
LINES = tuple(text for text in OF_DATA if "\n" not in text)
FORMATS = [(one, RenderOptions(width=200)) for one in OutputFormat]
FAILED = (
    '2026-11-22 08:33:{:02},845 ERROR app: failed\nTraceback (most recent call last):\n  File "/app/m{}.py", line {}'
)


def told(report: Report) -> Iterator[tuple[str, str]]:
    for output_format, options in FORMATS:
        yield output_format.value, render((report,), output_format, options)


def shown(written: str) -> list[str]:
    """The lines in which the secret is."""
    return [line for line in written.splitlines() if CANARY in line][:5]


def leaks(report: Report) -> dict[str, list[str]]:
    return {name: lines for name, text in told(report) if (lines := shown(text))}


def a_log() -> str:
    """Each text as the message of an error nobody knows, and on the line that raised it."""
    parts = []
    for number, text in enumerate(OF_DATA):
        code = text if "\n" not in text else "work()"
        parts.append(f"{FAILED.format(number % 60, number, 7)}, in f{number}\n    {code}\nshop.OddError: {text}\n")
    return "".join(parts)


@pytest.mark.parametrize("example", [False, True])
def test_logs(example: bool) -> None:
    summary = read_whole(a_log())
    assert len(summary.groups) > 500
    assert shown(json.dumps(summary.to_data(), indent=0)) == []
    report = triage(summary, "shop", TriageOptions(example=example))
    assert leaks(report) == {}


def test_logs_without_a_traceback() -> None:
    lines = (f"2026-11-22 08:33:23,845 ERROR app{n}: {text}\n" for n, text in enumerate(LINES))
    report = triage(read_whole("".join(lines)), "shop", TriageOptions())
    assert leaks(report) == {}


def a_row(pid: int, text: str) -> dict[str, Any]:
    """As the server gives it: the statement, its comment, and the name of the application are the client's."""
    own = idle_in_transaction(pid, 400.0)
    fields = {name: getattr(own, name) for name in own.__slots__ if name not in ("statement", "tags", "blocked_by")}
    query = f"UPDATE t SET a = '{text.replace(chr(39), chr(39) * 2)}' /*route='{text.partition(chr(39))[0]}'*/"
    return {**fields, "query": query, "blocked_by": "", "application_name": text[:63]}


def test_pool_and_what_it_saves() -> None:
    whole = [text for text in LINES if CANARY in text[:63]]
    seen = snapshot(*(session_of(a_row(5000 + n, text)) for n, text in enumerate(whole[::7])), show_query=True)
    assert shown(dump((seen,))) == []
    report = run_pool(seen, Settings())
    assert report.findings
    assert leaks(report) == {}


STATEMENT = """\
async def f{number}(db: AsyncSession, token: str):
    db.execute(text({quoted}))
    time.sleep({quoted})
    requests.get({quoted}, headers={{"Authorization": {quoted}}})
    engine = create_async_engine({quoted}, password={quoted})
"""


def some_code(step: int) -> str:
    head = "import requests\nimport time\nfrom sqlalchemy import text\n"
    head += "from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine\n\n\n"
    return head + "\n\n".join(
        STATEMENT.format(number=n, quoted=repr(text)) for n, text in enumerate((*CORPUS[::step], *CORPUS[-150:]))
    )


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "shop.py").write_text(some_code(60), encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[tool.forge-doctor]\n", encoding="utf-8")
    return tmp_path


def test_lint_its_cache_and_its_baseline(project: Path) -> None:
    flags = ("--min-confidence", "low", ".")
    found = {one: lint(project, "--output-format", one.value, *flags) for one in OutputFormat}
    assert {ran.status for one, ran in found.items() if one is not OutputFormat.NAGIOS} == {1}
    assert [line for ran in found.values() for line in shown(ran.out + ran.err)] == []
    lint(project, "--write-baseline", "baseline.json", *flags)
    kept = [path for path in project.rglob("*") if path.is_file() and path.suffix != ".py"]
    assert len(kept) > 2
    assert [path.name for path in kept if CANARY.encode() in path.read_bytes()] == []


REVISED = """\
    op.execute({quoted})
    op.execute(sa.text({quoted}).bindparams(a={quoted}))
    op.add_column("orders", sa.Column("note", sa.Text, nullable=False, server_default={quoted}, comment={quoted}))
    op.bulk_insert(orders, [{{"password": {quoted}}}])
"""


def test_migrations_their_cache_and_their_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    body = "".join(REVISED.format(quoted=repr(text)) for text in (*CORPUS[::300], *CORPUS[-60:]))
    tree = write_tree(tmp_path / "tree", f"def upgrade():\n{body}")
    found = [migrations(tree, "--all", "--output-format", one.value, "--min-confidence", "low") for one in OutputFormat]
    assert any("op.execute" in ran.out for ran in found)
    assert [line for ran in found for line in shown(ran.out + ran.err)] == []
    migrations(tree, "--all", "--write-baseline", "baseline.json")
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".py"]
    assert len(kept) > 2
    assert [path.name for path in kept if CANARY.encode() in path.read_bytes()] == []


def test_what_an_editor_is_told(project: Path) -> None:
    file = project / "shop.py"
    found = diagnose(str(file), {str(file): file.read_text(encoding="utf-8")})
    assert found.findings
    assert max(one.severity for one in found.findings) >= Severity.WARNING
    # An edit is of the user's own text, put back where it came from.
    words = [(one.message, one.remedy, one.evidence, one.location) for one in found.findings]
    assert shown("\n".join(map(repr, words))) == []


async def test_what_an_agent_is_told(project: Path) -> None:
    log = project / "app.log"
    log.write_text(a_log(), encoding="utf-8")
    for words in [("logs", "--min-confidence", "low", str(log)), ("lint", "--no-cache", str(project))]:
        assert shown(await answer(*words)) == []


def test_what_a_recorder_keeps(tmp_path: Path) -> None:
    clock = Clock()
    written = recorder(tmp_path / "record", clock)
    for text in LINES[::11]:
        assert written.add(seen_at(clock, session_of(a_row(5000, text))))
        assert written.add_failure(f"the server said: {text}")
        clock.on(2.0)
    written.close()
    kept = [text_of(path).decode() for path in segments(tmp_path / "record")]
    assert kept
    assert [line for text in kept for line in shown(text)] == []
