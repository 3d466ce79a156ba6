from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from markdown_it import MarkdownIt

from forge_doctor.finding import Evidence, Location
from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.render.markdown import escape
from forge_doctor.render.printable import printable_line, printable_lines
from forge_doctor.report import Report, Table
from tests.render.safety import acting_characters
from tests.render.strategies import HOSTILE, QUICK, REPORTS, TEXT
from tests.support.reports import blind, clean, finding, incident, report

if TYPE_CHECKING:
    from markdown_it.token import Token

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def markdown(*reports: Report) -> str:
    return render(reports, OutputFormat.MARKDOWN, RenderOptions())


def blocks(text: str, kind: str) -> list[Token]:
    return [token for token in READER.parse(text) if token.type == kind]


def shown(token: Token) -> str:
    return "".join(child.content for child in token.children or ())


def test_the_incident_reads_as_a_page() -> None:
    text = markdown(incident())
    assert text.startswith("### forge-doctor pool: shop at db.example:5432\n")
    assert "**27 of 27 usable slots taken; worker pid 4211 (gunicorn shop.main:app) holds 14 of 15**" in text
    fences = [token.content for token in blocks(text, "fence")]
    assert fences[0] == incident().findings[0].remedy + "\n"
    assert fences[-1] == "GRANT pg_monitor TO app;\n"
    assert "2 critical, 1 warning, 1 info; 6 checks not run" in text


def test_a_table_is_a_table_with_numbers_at_the_right() -> None:
    text = markdown(report(tables=(Table(title="t", columns=("a|b", "n"), rows=(("x|y `z`", 1),)),)))
    cells = [shown(token) for token in blocks(text, "inline")]
    assert cells[2:6] == ["a|b", "n", "x|y `z`", "1"]
    assert "text-align:right" in str(blocks(text, "th_open")[1].attrs)


def test_a_fence_is_longer_than_what_it_holds() -> None:
    remedy = "```sql\nSELECT 1\n````"
    (fence,) = blocks(markdown(report(finding(remedy=remedy))), "fence")
    assert fence.content == remedy + "\n"


def test_clean_and_blind_say_so() -> None:
    assert "no findings; 37 sessions" in markdown(clean())
    assert "**NOT RUN** role app sees only its own sessions" in markdown(blind())


def test_nobody_is_called_by_data() -> None:
    assert escape("@everyone, anna@10.0.4.17") == "@\u200beveryone, anna@10.0.4.17"


def test_a_setting_stays_readable_as_source() -> None:
    assert escape("idle_in_transaction_session_timeout = 0") == "idle_in_transaction_session_timeout = 0"


@pytest.mark.parametrize(
    "data", ["*a*", "_a_", "__a__", "[a](http://b)", "<b>", "&lt;", "`a`", "~~a~~", "![a](b)", "\\*", "a  \nb", "$a$"]
)
def test_markup_in_data_is_shown_as_it_is(data: str) -> None:
    (paragraph,) = blocks(escape(f"x {data} y"), "inline")
    assert shown(paragraph) == printable_line(f"x {data} y")
    assert {child.type for child in paragraph.children or ()} <= {"text", "text_special"}


@QUICK
@given(TEXT)
def test_any_text_is_shown_as_it_is(text: str) -> None:
    (paragraph,) = blocks(f"x {escape(text)} x", "inline")
    assert shown(paragraph).replace("@\u200b", "@") == f"x {printable_line(text)} x"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_name_makes_no_block_of_its_own(hostile: str) -> None:
    found = finding(
        message=hostile,
        remedy=hostile,
        check=hostile,
        location=Location(target=hostile),
        evidence=(Evidence(label=hostile, value=hostile),),
    )
    text = markdown(report(found, subject=hostile, headline=hostile))
    kinds = {token.type for token in READER.parse(text) if token.level == 0}
    assert kinds <= {
        *("heading_open", "inline", "heading_close", "paragraph_open", "paragraph_close"),
        *("bullet_list_open", "bullet_list_close", "fence"),
    }
    assert len(blocks(text, "fence")) == bool(printable_lines(hostile))


@QUICK
@given(REPORTS)
def test_any_characters_keep_the_headings_ours(reports: list[Report]) -> None:
    text = markdown(*reports)
    assert len(blocks(text, "heading_open")) == len(reports)
    assert blocks(text, "html_block") == []
    assert acting_characters(text) == set()
