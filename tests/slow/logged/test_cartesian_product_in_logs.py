"""cartesian-product: SQLAlchemy's warning, a FROM list that nothing joins, a plan that shows it."""

from __future__ import annotations

from forge_doctor.finding import Confidence
from forge_doctor.slow.logged.work import Crossing
from tests.support.slow_snapshots import logged, logged_statement, only

ID = "cartesian-product"
TEXT = "SELECT halls.name, count(*) FROM halls, keepers WHERE halls.size < $1 GROUP BY halls.name"


def test_a_warning_with_its_statement() -> None:
    one = logged_statement(TEXT, 1)
    crossing = Crossing(tables=("halls", "keepers"), key=one.key)
    found = only(ID, logged(one, crossings=(crossing,)))
    assert found.confidence is Confidence.HIGH
    assert "halls and keepers" in found.message


def test_a_warning_alone_names_its_place() -> None:
    found = only(ID, logged(crossings=(Crossing(tables=("halls", "keepers"), file="/srv/app/a.py", line=31),)))
    assert (found.location.target, found.location.line) == ("/srv/app/a.py", 31)
