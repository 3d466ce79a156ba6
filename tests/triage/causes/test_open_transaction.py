"""A transaction kept open is named by its holder where nothing tells why; never confirmed."""

from forge_doctor.diagnosis import Verdict
from tests.support.snapshots import idle_in_transaction, serving, snapshot
from tests.support.triage_facts import diagnosed, only, sent_at


def test_the_holder_and_its_line():
    one = idle_in_transaction(100, 900.0, statement="SELECT * FROM orders")
    seen = snapshot(one, processes=(serving(4211, one),), statement_lines=(sent_at(100, "shop/jobs.py", 8, "nightly"),))
    told = only(diagnosed(seen))
    assert (told.cause, told.verdict, str(told.place)) == ("open-transaction", Verdict.LIKELY, "shop/jobs.py:8 nightly")
    assert told.next
