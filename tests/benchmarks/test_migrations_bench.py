"""The generated tree is one: Alembic reads it, and forge-doctor finds the faults that are in it."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.migrations_bench import generated, measure
from tests.support.migration_trees import migrations_json


def test_the_generated_tree_has_one_head_and_faults(tmp_path: Path) -> None:
    tree = generated(tmp_path / "tree", 14)
    ran = migrations_json(tree, "--all", "--no-live")
    assert {"index-not-concurrent", "check-constraint-validates", "unbatched-update"} <= {
        one["check"] for one in ran.findings
    }
    assert '"heads": [\n        "r0013"\n      ]' in ran.out


def test_every_contender_here_is_timed(tmp_path: Path) -> None:
    times = measure(generated(tmp_path / "tree", 3), 1)
    assert {"forge-doctor migrations"} <= times.keys()
    assert all(len(taken) == 1 for taken in times.values())
