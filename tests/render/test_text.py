from __future__ import annotations

import re
import subprocess
import sys
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from forge_doctor.finding import Evidence, Location, NotRun
from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.render.page.columns import cell_width
from forge_doctor.render.text import page
from forge_doctor.report import Report, Table
from tests.render.safety import acting_characters
from tests.render.strategies import HOSTILE, QUICK, REPORTS
from tests.support.reports import blind, clean, finding, incident, report

COLOR = re.compile(r"\x1b\[[0-9;]*m")


def plain(*reports: Report, width: int = 80) -> str:
    return render(reports, OutputFormat.TEXT, RenderOptions(width=width))


def on_terminal(*reports: Report, width: int = 80, color: bool = True) -> str:
    return render(reports, OutputFormat.TEXT, RenderOptions(width=width, terminal=True, color=color))


def test_the_page_reads_from_headline_to_counts() -> None:
    text = plain(incident())
    told = (
        "27 of 27 usable slots taken",
        "CRITICAL    All 27 usable slots are taken",
        "client backends 27 (pg_stat_activity)",
        "slots-exhausted; high confidence",
        "WARNING     12 sessions",
        "INFO        statement_timeout is 0",
        "Who holds the slots",
        "NOT RUN     this is a bug of forge-doctor",
        "2 critical, 1 warning, 1 info; 6 checks not run; 37 sessions and 4 processes\ninspected",
    )
    places = [text.find(one) for one in told]
    assert -1 not in places
    assert places == sorted(places)


def test_messages_hang_under_their_first_word() -> None:
    lines = plain(incident()).splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("CRITICAL"))
    assert lines[at + 1].startswith(" " * 12 + "connection (53300)")


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("terminal", [True, False])
def test_a_remedy_is_never_broken_and_nothing_else_is_too_wide(width: int, terminal: bool) -> None:
    text = on_terminal(incident(), width=width) if terminal else plain(incident(), width=width)
    remedies = [line for found in incident().findings for line in found.remedy.splitlines()]
    lines = COLOR.sub("", text).splitlines()
    for remedy in remedies:
        assert f"    {remedy}" in lines
    others = [line for line in lines if line.strip() not in [remedy.strip() for remedy in remedies]]
    assert max(cell_width(line) for line in others) <= width


def test_sentences_stay_readable_on_a_very_wide_terminal() -> None:
    lines = plain(report(finding(message="word " * 99), headline="head " * 99), width=200).splitlines()
    assert 100 <= max(cell_width(line) for line in lines) <= 112


def test_checks_that_stop_for_one_reason_take_one_line() -> None:
    missed = tuple(NotRun(check=f"check-number-{number}", reason="no permission") for number in range(30))
    lines = plain(report(not_run=missed)).splitlines()
    assert sum("no permission" in line for line in lines) == 1
    (named,) = [line for line in lines if "check-number-0" in line]
    assert re.search(r" and \d+ more$", named)


def test_a_clean_page_is_calm_and_a_blind_one_says_so() -> None:
    assert plain(clean()).endswith("No findings; 37 sessions and 4 processes inspected\n")
    assert "✔" in on_terminal(clean())
    for doubtful in (blind(), report(inspected={})):
        assert "✔" not in on_terminal(doubtful)
        assert "No findings in what could be examined" in plain(doubtful)
    assert "GRANT pg_monitor TO app;" in plain(blind())


def test_the_manual_is_pointed_at_where_there_is_a_finding() -> None:
    assert plain(incident(), width=80).endswith("\n`forge-doctor explain <id>` for the manual\n")
    assert plain(report(finding()), width=112).endswith(
        "processes inspected; `forge-doctor explain <id>` for the manual\n"
    )
    assert "explain" not in plain(clean())


def test_no_report_at_all_is_not_clean() -> None:
    assert plain() == "No findings in what could be examined; nothing inspected\n"


def test_a_plain_page_is_ascii_and_a_colourless_terminal_gets_no_escape_codes() -> None:
    assert plain(incident()).isascii()
    assert "\x1b" not in on_terminal(incident(), color=False)
    assert "✖ CRITICAL" in on_terminal(incident(), color=False)


def test_colours_change_nothing_but_colours() -> None:
    assert [line.rstrip() for line in COLOR.sub("", on_terminal(incident())).splitlines()] == on_terminal(
        incident(), color=False
    ).splitlines()
    assert "\x1b[1;31m" in on_terminal(incident())


def test_markup_in_data_is_shown_as_it_is() -> None:
    found = finding(message="app [red]x[/red] :smile:", evidence=(Evidence(label="[bold]", value="[/]"),))
    assert "app [red]x[/red] :smile:" in COLOR.sub("", on_terminal(report(found)))


def test_the_place_is_told_unless_it_is_the_subject() -> None:
    located = finding(location=Location(target="src/shop/api.py", line=12, column=5))
    assert "src/shop/api.py:12:5; idle-in-transaction" in plain(report(located))
    assert "db; " not in plain(report(finding(location=Location(target="db")), subject="db"))


def test_numbers_line_up_at_the_right_and_unknown_is_a_dash() -> None:
    table = Table(title="t", columns=("who", "held"), rows=(("a", 9), ("b", 14), ("c", None)))
    lines = plain(report(tables=(table,))).splitlines()
    at = lines.index("t")
    assert lines[at + 1 : at + 6] == ["who  held", "---  ----", "a       9", "b      14", "c       -"]


def test_a_table_too_wide_for_columns_becomes_blocks() -> None:
    names = tuple(f"column {number}" for number in range(9))
    text = plain(report(tables=(Table(title="t", columns=names, rows=(("a long cell",) * 9,)),)), width=40)
    assert "column 8: a long cell" in text.splitlines()


def test_a_table_without_rows_shows_its_columns() -> None:
    assert "who  held" in plain(report(tables=(Table(title="t", columns=("who", "held"), rows=()),)))


def test_the_page_prints_in_another_console() -> None:
    console = Console(file=StringIO(), record=True, width=80, force_terminal=True)
    console.print(page([incident()], RenderOptions(width=80)), soft_wrap=True)
    assert "27 of 27 usable slots taken" in console.export_text()


def test_rich_is_imported_only_for_a_terminal() -> None:
    code = (
        "import sys; from tests.support.reports import incident; from forge_doctor.render import *\n"
        "render([incident()], OutputFormat.TEXT, RenderOptions()); assert 'rich' not in sys.modules\n"
        "render([incident()], OutputFormat.TEXT, RenderOptions(terminal=True, color=True))\n"
        "assert 'rich' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_name_does_nothing_to_the_terminal(hostile: str) -> None:
    found = finding(
        message=f"session {hostile} waits",
        remedy=f"-- {hostile}",
        location=Location(target=hostile),
        evidence=(Evidence(label=hostile, value=hostile, source=hostile),),
    )
    assert acting_characters(COLOR.sub("", on_terminal(report(found, subject=hostile, headline=hostile)))) == set()


@QUICK
@given(REPORTS, st.integers(40, 200), st.booleans())
def test_any_characters_give_a_page_that_fits(reports: list[Report], width: int, terminal: bool) -> None:
    bare = [
        Report(command=one.command, subject=one.subject, headline=one.headline, tables=one.tables) for one in reports
    ]
    text = on_terminal(*bare, width=width) if terminal else plain(*bare, width=width)
    lines = COLOR.sub("", text).split("\n")
    assert all(cell_width(line) <= width for line in lines)
    whole = on_terminal(*reports, width=width) if terminal else plain(*reports, width=width)
    assert acting_characters(COLOR.sub("", whole)) == set()
    whole.encode()


def test_a_page_longer_than_the_screen_ends_with_the_worst_and_what_to_type() -> None:
    def last(height: int) -> list[str]:
        options = RenderOptions(width=100, terminal=True, height=height)
        return render([incident()], OutputFormat.TEXT, options).rstrip("\n").split("\n")[-3:]

    worst, second, now = last(20)
    assert worst.startswith("CRITICAL slots-exhausted")
    assert second.startswith("CRITICAL connection-leak")
    assert now.startswith("Now: ")
    assert max(map(cell_width, (worst, second))) <= 100
    for height in (0, 10_000):
        assert not last(height)[-1].startswith("Now: ")
