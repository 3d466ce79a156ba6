"""A snapshot of the sick shop, taken once from a real server: every fault it can show is told, and nothing else above info."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.finding import Severity
from forge_doctor.report import Report
from forge_doctor.settings import Settings
from forge_doctor.slow.record import load
from forge_doctor.slow.run import run_slow

FILE = Path(__file__).parent / "snapshots" / "shop_18.json"
SICK = {
    ("cartesian-product", "FROM hub, parcel WHERE"),
    ("index-defeated-by-expression", "lower(parcel.mail) ="),
    ("index-defeated-by-expression", "CAST(parcel.sent_at AS DATE) ="),
    ("json-without-gin", "parcel.labels @>"),
    ("n-plus-one", "= parcel.hub_id"),
    ("sort-spill", "ORDER BY parcel.note"),
    ("deep-offset", "ORDER BY parcel.id LIMIT $1::INTEGER OFFSET"),
    ("leading-wildcard", "parcel.note LIKE"),
    ("missing-index", "movement.parcel_id ="),
    ("missing-index", "ORDER BY movement.place DESC"),
    ("query-in-loop", "hub.id = $1"),
    ("slow-by-lock", "UPDATE parcel SET"),
    ("too-many-rows", "SELECT movement.id, movement.place FROM movement"),
    ("commit-per-row", "INSERT INTO ping (kind) VALUES ($1::VARCHAR) RETURNING"),
}
HEALTHY = ("parcel.hub_id IN", "WHERE parcel.id = $1::BIGINT", "hub ORDER BY hub.id LIMIT")


@pytest.fixture(scope="module")
def report() -> Report:
    return run_slow(load(FILE), Settings())


def statement_of(one: object) -> str:
    return next((" ".join(str(told.value).split()) for told in one.evidence if told.label == "statement"), "")  # type: ignore[attr-defined]


@pytest.mark.parametrize(("check", "words"), sorted(SICK))
def test_every_fault_is_told_once(report: Report, check: str, words: str) -> None:
    assert len([one for one in report.findings if one.check == check and words in statement_of(one)]) == 1


def test_nothing_else_is_above_info(report: Report) -> None:
    others = [
        (one.check, statement_of(one))
        for one in report.findings
        if one.severity > Severity.INFO
        and not any(one.check == check and words in statement_of(one) for check, words in SICK)
    ]
    assert others == []
    assert report.not_run == ()


@pytest.mark.parametrize("words", HEALTHY)
def test_what_is_well_is_no_finding(report: Report, words: str) -> None:
    assert [one.check for one in report.findings if words in statement_of(one)] == []


def test_the_snapshot_has_no_value_in_it() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert "example.org" not in text
    assert "zzzz" not in text
