"""No secret of the corpus is in what `slow`, `migrations` and `triage` make of statements, logs, revisions and source."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.code.files.walk import Scope, excludes
from forge_doctor.logs.problems.telling.report import TriageOptions, triage
from forge_doctor.migrations.chosen import Checks
from forge_doctor.migrations.request import Request
from forge_doctor.migrations.run import run_migrations
from forge_doctor.probes.postgres.backends.rows import session_of
from forge_doctor.settings import Settings
from forge_doctor.slow.record import dump
from forge_doctor.slow.run import run_slow
from forge_doctor.slow.server.sampling import Sampler
from forge_doctor.slow.server.statistics import Look, statistics_of
from forge_doctor.triage.facts import Discovery, Part
from forge_doctor.triage.join import join
from forge_doctor.triage.report import report_of
from tests.slow.server.test_statistics import row
from tests.support.engine_logs import read_text
from tests.support.log_reading import read_whole
from tests.support.migration_cases import write_tree
from tests.support.secret_corpus import CANARY, texts
from tests.support.server_logs import FORMATS, Logged
from tests.support.slow_snapshots import snapshot as slow_snapshot
from tests.support.snapshots import snapshot
from tests.support.triage_facts import facts, rule
from tests.test_no_output_leaks import FAILED, LINES, a_row, leaks, shown

ONE_LINE = tuple(text for text in texts() if "\n" not in text)[::5]


def literal(text: str) -> str:
    return text.replace("'", "''")


def statements() -> list[str]:
    """As an application sends them: a value in the statement, a comment behind it."""
    return [
        f"SELECT a{n} FROM orders WHERE token = '{literal(text)}' /*route='{text.partition(chr(39))[0]}'*/"
        for n, text in enumerate(ONE_LINE)
    ]


def test_slow_and_what_it_saves_of_a_server() -> None:
    rows = tuple(row(text, calls=1000.0, key=str(n), total_ms=9e6) for n, text in enumerate(statements()))
    sampler = Sampler()
    sampler.add(
        [{"pid": n, "query": text, "state": "idle", "bouncer": False} for n, text in enumerate(statements())], 1.0
    )
    seen = slow_snapshot(statistics=statistics_of(Look(rows=rows, age_s=60.0), None, 5.0, 5000, utility=True))
    assert shown(dump(seen)) == []
    assert len(seen.server.statistics.statements) > 20  # type: ignore[union-attr]
    assert leaks(run_slow(seen, Settings(), top=1000)) == {}


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_slow_reading_the_server_s_log(form: str, tmp_path: Path) -> None:
    records = []
    for n, (text, said) in enumerate(zip(ONE_LINE, statements(), strict=True)):
        ran = f"duration: {900 + n}.5 ms  "
        records += [
            Logged(message=f"{ran}statement: {said}", pid=n),
            Logged(message=f"{ran}execute s{n}: SELECT b{n} FROM orders WHERE c = $1", detail=f"Parameters: $1 = '{literal(text)}'"),
            Logged(
                message=f"{ran}plan:\nQuery Text: {said}\nQuery Parameters: $1 = '{literal(text)}'\n"
                "Seq Scan on public.orders  (cost=0.00..22810.00 rows=25 width=52) (actual rows=25.00 loops=1)\n"
                f"  Filter: (token = '{literal(text)}'::text)\n  Rows Removed by Filter: 999975",
                pid=n,
            ),
        ]  # fmt: skip
    work = read_text(tmp_path, FORMATS[form](records), names=["p.csv" if form == "csvlog" else "p.log"])
    assert len(work.statements) > 20
    seen = slow_snapshot(logged=work)
    assert shown(dump(seen)) == []
    assert leaks(run_slow(seen, Settings(), top=1000)) == {}


REVISION = """
def upgrade():
    op.execute({quoted})
    op.add_column("orders", sa.Column("a{n}", sa.String(80), server_default={quoted}))
    op.execute(sa.text("UPDATE orders SET note = " + {quoted}))
    op.create_check_constraint("c{n}", "orders", {condition})
    op.bulk_insert(sa.table("settings", sa.column("value")), [{{"value": {quoted}}}])
    op.alter_column("orders", "status", type_=sa.String(9), existing_server_default={quoted}, nullable=False)
"""


def test_migrations(tmp_path: Path) -> None:
    # Quotes and backslashes are doubled inside of a literal: there a value ends elsewhere than it seems to.
    plain = [text for text in ONE_LINE if "'" not in text and "\\" not in text]
    parts, before = [], "a001"
    for n, text in enumerate((*plain[::6], *plain[-10:])):
        body = REVISION.format(n=n, quoted=repr(text), condition=repr(f"note <> '{text}'"))
        parts.append(f"# revision r{n:03} after {before}\n{body}")
        before = f"r{n:03}"
    folder = write_tree(tmp_path, "".join(parts))
    scope = Scope(base=folder, excludes=excludes(()), gitignore=False)
    (looked,) = run_migrations(Request(paths=(folder,), here=folder, scope=scope, checks=Checks()))
    assert len(looked.report.findings) > 20
    assert leaks(looked.report) == {}


def test_triage() -> None:
    whole = [text for text in LINES if CANARY in text[:63]]
    seen = snapshot(*(session_of(a_row(5000 + n, text)) for n, text in enumerate(whole[::40])), show_query=True)
    lines = "".join(
        f"{FAILED.format(n % 60, n, 7)}, in f{n}\n    {text}\nshop.OddError: {text}\n"
        for n, text in enumerate(whole[::6])
    )
    log = triage(read_whole(lines), "shop", TriageOptions())
    lint = [rule("unclosed-session", f"shop/f{n}.py", 7, f"f{n}") for n in range(40)]
    told = facts(seen, logs=None, lint=lint)
    told = told.__class__(
        case=told.case,
        taken_at=told.taken_at,
        parts=(*told.parts, Part(name="logs", report=log)),
        pool=seen,
        code=told.code,
    )
    report = report_of(told, join(told), Discovery(cases=(told.case,)))
    assert report.findings
    assert leaks(report) == {}
