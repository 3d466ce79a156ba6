"""Names in quotes in a logged plan: a dot, a quote or a blank in one is no end of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.slow.logged.plan_text import SCAN
from tests.slow.logged.test_plan_checks_in_logs import findings, planned

COST = "(cost=0.00..18334.00 rows=12 width=41)"


@pytest.mark.parametrize(
    ("written", "quoted"),
    [
        ("parcel", '"parcel"'),
        ("depot.parcel", '"depot"."parcel"'),
        ('depot."par.cel"', '"depot"."par.cel"'),
        ('"de.pot"."Par ""cel"""', '"de.pot"."Par ""cel"""'),
    ],
)
def test_the_index_is_on_the_table_of_the_plan(tmp_path: Path, written: str, quoted: str) -> None:
    query = f"SELECT id FROM {written} WHERE hub_id = $1"
    (found,) = findings(tmp_path, planned(query, f"Seq Scan on {written}  {COST}", "  Filter: (hub_id = $1)"))
    assert f" ON {quoted} (" in found.remedy


def test_an_alias_in_quotes_and_an_index_in_quotes() -> None:
    found = SCAN.fullmatch('Index Scan using "ix.a ""b" on s."t.u" "T x"')
    assert found is not None
    assert (found["index"], found["on"], found["alias"]) == ('"ix.a ""b"', 's."t.u"', '"T x"')
