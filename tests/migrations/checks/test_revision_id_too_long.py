"""`revision-id-too-long` measures ids against the column that Alembic makes, unless somebody has widened it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import report_of, write_tree

STEP = 'def upgrade():\n    op.add_column("orders", sa.Column("x", sa.Integer()))\n'
AT_MOST = "r" * 32
WIDER = 'def upgrade():\n    op.execute("ALTER TABLE alembic_version ALTER version_num TYPE varchar(80)")\n'


@pytest.mark.parametrize(
    ("case", "number"),
    [
        (f"# revision {AT_MOST} after a001\n{STEP}", 0),
        (f"# revision {AT_MOST}s after a001\n{STEP}", 1),
        (f"# revision b002 after a001\n{WIDER}# revision {AT_MOST}s after b002\n{STEP}", 0),
        (f"# file: env.py\nTABLE = 'alembic_version'\n\n# revision {AT_MOST}s after a001\n{STEP}", 0),
    ],
)
def test_ids_are_measured(case: str, number: int, tmp_path: Path) -> None:
    found = report_of(write_tree(tmp_path, case), "revision-id-too-long").findings
    assert len(found) == number
    assert all("33 characters" in one.message for one in found)
