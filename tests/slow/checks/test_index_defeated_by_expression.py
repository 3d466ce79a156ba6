"""index-defeated-by-expression: the index is there, the column stands inside something."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.finding import Confidence
from forge_doctor.slow.snapshot import SlowSnapshot
from tests.support.slow_snapshots import column, findings, index, only, plan, scan, snapshot, statement, table


def seen(
    condition: str, *, blocks: int = 5000, rows: int = 1, keys: tuple[str, ...] = ("sent_at",), **overrides: Any
) -> SlowSnapshot:
    one = statement(f"SELECT p.id FROM parcel p WHERE {condition}", blocks=blocks * 100, rows=rows * 100)
    plans = (plan(one, scan("parcel", condition, alias="p", rows=5000.0)),)
    own = {"tables": (table("parcel"),), "indexes": (index("parcel", *keys),)}
    return snapshot(one, plans=overrides.pop("plans", plans), **{**own, **overrides})


@pytest.mark.parametrize(
    ("condition", "keys", "remedy"),
    [
        (
            "((p.sent_at)::date = $1)",
            ("sent_at",),
            ".where(Model.sent_at >= day, Model.sent_at < day + timedelta(days=1))",
        ),
        ("(lower((p.mail)::text) = ($1)::text)", ("mail",), '"public"."parcel" (lower(("mail")::text));'),
        ("((p.id)::numeric = $1)", ("id",), "an int, not a Decimal"),
        ("(date_trunc($2, p.sent_at) = $1)", ("sent_at",), "a value that comes as a parameter is no part of an index"),
    ],
)
def test_each_way_and_its_mend(condition: str, keys: tuple[str, ...], remedy: str) -> None:
    found = only("index-defeated-by-expression", seen(condition, keys=keys))
    assert remedy in found.remedy
    assert found.confidence is Confidence.HIGH


@pytest.mark.parametrize(("blocks", "number"), [(299, 0), (300, 1)])
def test_blocks_a_call(blocks: int, number: int) -> None:
    assert len(findings("index-defeated-by-expression", seen("((p.sent_at)::date = $1)", blocks=blocks))) == number


def test_no_index_no_defeat() -> None:
    assert findings("index-defeated-by-expression", seen("((p.sent_at)::date = $1)", keys=("code",))) == ()


def test_an_index_of_the_very_expression_is_there() -> None:
    indexes = (index("parcel", "mail"), index("parcel", "lower((mail)::text)"))
    told = seen("(lower((p.mail)::text) = ($1)::text)", indexes=indexes)
    assert findings("index-defeated-by-expression", told) == ()


def test_a_cast_of_varchar_to_text_changes_nothing() -> None:
    told = seen("((p.mail)::text = ($1)::text)", columns=(column("parcel", "mail", kind="character varying(80)"),))
    assert findings("index-defeated-by-expression", told) == ()


def test_most_of_the_table_is_wanted() -> None:
    assert findings("index-defeated-by-expression", seen("((p.sent_at)::date = $1)", rows=200_000)) == ()


def test_without_a_plan_the_text_tells() -> None:
    found = only("index-defeated-by-expression", seen("CAST(p.sent_at AS DATE) = $1::DATE", plans=()))
    assert found.confidence is Confidence.MEDIUM
