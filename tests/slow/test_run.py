"""The report on a snapshot: its facts, what is hidden, and that nothing seen is not the same as clean."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.report import exit_code
from forge_doctor.settings import Settings
from forge_doctor.slow.run import all_checks, run_slow
from forge_doctor.slow.server.work import NOT_CREATED, Statistics
from tests.support.slow_snapshots import plan, scan, server, snapshot, statement, statistics, table

ONE = statement("SELECT reviews.id FROM reviews WHERE reviews.book_id = $1", 12, blocks=120_000, rows=24)


def seen(**overrides: object):  # type: ignore[no-untyped-def]
    return snapshot(
        ONE,
        plans=(plan(ONE, scan("reviews", "(reviews.book_id = $1)", rows=2.0)),),
        tables=(table("reviews"),),
        **overrides,
    )


def test_the_facts_stand_beside_the_findings() -> None:
    report = run_slow(seen(), Settings())
    assert {"servers": 1, "statements": 1, "plans": 1}.items() <= report.inspected.items()
    assert report.headline == "12 statements took 0.0 s of the server's time since the statistics were reset."
    assert report.tables[0].rows[0][-1] == ONE.text
    assert report.data["slow"]["statements"][0]["calls"] == 12
    assert [one.check for one in report.findings] == ["missing-index"]


def test_statements_are_left_out_where_they_are_not_to_be_shown() -> None:
    report = run_slow(seen(show_query=False), Settings())
    assert "book_id = $1" not in repr((report.tables, report.data, [one.message for one in report.findings]))


@pytest.mark.parametrize("output_format", list(OutputFormat))
def test_every_format_tells_it(output_format: OutputFormat) -> None:
    report = run_slow(seen(), Settings())
    told = render([report], output_format, RenderOptions(width=100))
    assert "missing-index" in told or "missing_index" in told or output_format.needs_files or "1" in told


def test_an_empty_server_is_not_clean() -> None:
    report = run_slow(snapshot(), Settings())
    assert [one.reason for one in report.not_run] == ["nothing to judge: no statement was seen"]
    assert exit_code([report]) == 3


def test_an_extension_that_is_missing() -> None:
    told = replace(seen(), server=server(statistics=Statistics(state=NOT_CREATED)))
    remedies = [one.remedy.split(";")[0] for one in run_slow(told, Settings()).not_run]
    assert "CREATE EXTENSION IF NOT EXISTS pg_stat_statements" in remedies


@pytest.mark.parametrize(("ratio", "number"), [(0.049, 0), (0.05, 1)])
def test_much_that_is_hidden_is_said(ratio: float, number: int) -> None:
    told = replace(
        seen(), server=server(ONE, statistics=statistics(ONE, hidden=3, hidden_ratio=ratio), role='odd"role')
    )
    found = run_slow(told, Settings()).not_run
    assert [one.remedy.split(";")[0] for one in found] == ['GRANT pg_monitor, pg_read_all_data TO "odd""role"'] * number


def test_there_are_as_many_checks_as_faults() -> None:
    assert len(all_checks()) >= 23


def test_a_catalog_that_could_not_be_read_is_said_and_the_rest_is_judged() -> None:
    told = run_slow(seen(unread=("indexes could not be read: it took too long",)), Settings())
    assert [one.reason for one in told.not_run] == ["indexes could not be read: it took too long"]
    assert told.inspected["statements"] == 1
    assert [one.check for one in told.findings] == [], "an index may be there"
