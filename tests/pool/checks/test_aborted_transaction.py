"""aborted-transaction: failed and never rolled back."""

import pytest

from forge_doctor.finding import Severity
from tests.support.snapshots import findings, idle_in_transaction, only, snapshot

ABORTED = "idle in transaction (aborted)"


@pytest.mark.parametrize(("idle_s", "severity"), [(4.9, None), (5.0, Severity.WARNING), (30.0, Severity.ERROR)])
def test_the_thresholds(idle_s: float, severity: Severity | None) -> None:
    found = findings("aborted-transaction", snapshot(idle_in_transaction(1, idle_s, state=ABORTED)))
    assert [one.severity for one in found] == ([] if severity is None else [severity])


def test_a_transaction_that_did_not_fail_is_none() -> None:
    assert findings("aborted-transaction", snapshot(idle_in_transaction(1, 60.0))) == ()


def test_the_remedy_ends_only_aborted_ones() -> None:
    remedy = only("aborted-transaction", snapshot(idle_in_transaction(9, 60.0, state=ABORTED))).remedy
    assert "a.pid IN (9) AND a.state = 'idle in transaction (aborted)' AND a.state_change < now()" in remedy
