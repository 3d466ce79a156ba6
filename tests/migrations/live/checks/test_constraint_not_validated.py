from pathlib import Path

from forge_doctor.finding import Severity
from forge_doctor.migrations.live.snapshot import UnvalidatedConstraint
from tests.support.live_migrations import judge, snapshot, told, tree
from tests.support.migration_trees import revision

CHECK = UnvalidatedConstraint(
    schema="public", table="orders", name="ck_note", kind="c", definition="CHECK ...", table_bytes=1 << 30, rows=10
)


def test_it_is_told_with_the_statement_that_validates_it(tmp_path: Path) -> None:
    [found] = told(judge(snapshot(unvalidated=(CHECK,)), tree(tmp_path)), "constraint-not-validated")
    assert 'ALTER TABLE "public"."orders" VALIDATE CONSTRAINT "ck_note";' in found.remedy
    assert found.severity is Severity.WARNING


def test_one_that_a_pending_revision_validates_is_on_its_way(tmp_path: Path) -> None:
    step = revision("d004", "c003", 'op.execute("ALTER TABLE orders VALIDATE CONSTRAINT ck_note")')
    [found] = told(judge(snapshot(unvalidated=(CHECK,)), tree(tmp_path, d004=step)), "constraint-not-validated")
    assert found.severity is Severity.INFO
    assert "d004" in found.message
    assert found.remedy == ""
