"""long-transaction: how long it is open, and whether vacuum is really held back."""

import pytest

from forge_doctor.finding import Severity
from tests.support.snapshots import findings, only, session, snapshot


@pytest.mark.parametrize(("open_s", "severity"), [(299.0, None), (300.0, Severity.WARNING), (1800.0, Severity.ERROR)])
def test_the_thresholds(open_s: float, severity: Severity | None) -> None:
    found = findings("long-transaction", snapshot(session(1, state="active", xact_age_s=open_s)))
    assert [one.severity for one in found] == ([] if severity is None else [severity])


def test_vacuum_is_mentioned_only_where_an_id_or_a_snapshot_is_held() -> None:
    idle = session(1, state="idle in transaction", xact_age_s=400.0)
    holding = session(2, state="active", xact_age_s=400.0, holds_back_vacuum=True)
    assert "None of them holds back vacuum" in only("long-transaction", snapshot(idle)).message
    assert "1 of them hold back vacuum" in only("long-transaction", snapshot(idle, holding)).message
