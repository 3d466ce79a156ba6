"""Records out of XML: what is a record, what is none, and what is left where the XML breaks off."""

from __future__ import annotations

import pytest

from forge_doctor.streams.carriers.exports.xml_records import entries_of, record_path

ROWS = "<rows>{}</rows>"
ROW = "<row><time>2026-11-22T08:00:0{}Z</time><message>  File &quot;a.py&quot; &#27;[31m&lt;{}&gt;</message></row>\n"


def test_records_come_out_of_pieces_of_any_size_with_blanks_and_signs() -> None:
    text = ROWS.format("".join(ROW.format(number, number) for number in range(9)))
    path = record_path(text.encode(), 0.0)
    assert path == ("_", "rows", "row")
    for size in (7, 31, 10_000):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        told = [entry["message"] for entry in entries_of(pieces, path) if isinstance(entry, dict)]
        assert [line.partition("[31m")[2] for line in told] == [f"<{number}>" for number in range(9)]
        assert all(line.startswith('  File "a.py"') for line in told)


@pytest.mark.parametrize("size", [1, 64, 900, 5_000])
def test_the_last_record_is_not_lost_where_its_element_comes_in_two_pieces(size: int) -> None:
    row = "<row time='2026-11-22T08:00:0{}Z' text='{}'/>\n"
    text = ROWS.format("".join(row.format(number, "x" * 3_000) for number in range(4)))
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    path = record_path(text.encode(), 0.0) or ()
    assert list(entries_of(pieces, path)) == list(entries_of([text], path))
    # Cut off in its midst, an element is none.
    cut = pieces[: max(1, len(pieces) // 2)]
    assert all(isinstance(entry, dict) and len(entry["text"]) == 3_000 for entry in entries_of(cut, path))


def test_what_is_behind_broken_xml_is_told_as_text() -> None:
    text = ROWS.format(ROW.format(1, "a") * 3).replace("</rows>", "ERROR & lost")
    *records, rest = entries_of([text], record_path(text.encode(), 0.0) or ())
    assert len(records) == 3
    assert "ERROR" in str(rest) or "lost" in str(rest)


@pytest.mark.parametrize(
    "text",
    [
        "<html><body><p>2026-11-22T08:00:00Z</p><p>2026-11-22T08:00:01Z</p></body></html>",
        "<testsuite><testcase name='a' time='0.1'>E   x</testcase><testcase name='b' time='0.2'/></testsuite>",
        "<!DOCTYPE r [<!ENTITY a 'aaaa'>]>\n<r><row time='2026-11-22T08:00:00Z'>&a;</row></r>",
        "<frozen importlib._bootstrap>:228: RuntimeWarning: size changed\n<frozen x>:1: RuntimeWarning: size changed\n",
        "<Task pending name='Task-1' coro=<f()>>\n",
        "<190>1 2026-11-22T08:00:00Z host app - - - INFO a\n",
    ],
)
def test_what_has_no_records_with_times_is_none(text: str) -> None:
    assert record_path(text.encode(), 0.0) is None


def test_entities_in_a_document_are_not_declared() -> None:
    text = "<r><!DOCTYPE x [<!ENTITY a 'b'>]><row time='2026-11-22T08:00:00Z'>&a;</row></r>"
    assert all(isinstance(entry, str) for entry in entries_of([text], ("_", "r", "row")))
