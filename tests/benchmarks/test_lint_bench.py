"""The speed bench chooses its tree by size, times ours beside ruff, and names what is not installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks import lint_bench
from tests.benchmarks.process_cost import Cost

SESSION = "from sqlalchemy.ext.asyncio import AsyncSession\n"


def code_base(folder: Path, name: str, lines: int, head: str = SESSION) -> Path:
    root = folder / name
    root.mkdir(parents=True)
    (root / "m.py").write_text(head + "x = 1\n" * (lines - 1))
    (root / "pyproject.toml").write_text("[tool.ruff]\nline-length = 1\n")
    return root


def test_the_largest_code_bases_that_fit_are_chosen(tmp_path: Path) -> None:
    roots = {name: code_base(tmp_path, name, lines) for name, lines in {"a": 50, "b": 400, "c": 60, "d": 50}.items()}
    roots["sync"] = code_base(tmp_path, "sync", 10, head="")
    assert list(lint_bench.choose(roots, 111)) == ["c", "a"]


def test_a_copy_has_package_names_and_no_configuration(tmp_path: Path) -> None:
    root = code_base(tmp_path, "my-app", 3)
    (root / "broken.py").write_text("def\n")
    (root / "not-a-package").mkdir()
    (root / "not-a-package" / "m.py").write_text("x = 1\n")
    (copied,) = lint_bench.copy_code_base(root, tmp_path / "tree")
    assert copied == tmp_path / "tree" / "at_my_app" / "m.py"
    assert (copied.parent / "pyproject.toml").read_text() == ""


def test_the_table_has_ratios_of_the_best_rounds() -> None:
    costs = [Cost(wall_s=2.0, cpu_s=1.0, peak_bytes=10_000_000, output=b"")]
    slower = [Cost(wall_s=wall, cpu_s=4.0, peak_bytes=5, output=b"") for wall in (9.0, 5.0)]
    entries = [lint_bench.Contender("ruff", (), costs=costs), lint_bench.Contender("ours", (), costs=slower)]
    entries[1].sampled_bytes = 30_000_000
    assert lint_bench.table("t", entries).splitlines()[-2:] == [
        "| ruff | 1.0 | 1.0 | not measured | 2.00 | 1.00 | 10 | 1 |",
        "| ours | 2.5 | 4.0 | not measured | 5.00 | 4.00 | 30 | 2 |",
    ]


def test_it_times_ours_beside_ruff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code_base(tmp_path, "app", 30)
    assert lint_bench.main([str(tmp_path), "--rounds", "1", "--no-peers"]) == 0
    told = capsys.readouterr().out
    assert "chosen: app (30 lines)" in told
    rows = [line.split(" | ")[0] for line in told.splitlines() if line.startswith("| ")]
    names = [
        "| ruff --no-cache",
        "| forge-doctor --no-cache",
        "| forge-doctor --no-cache --jobs 1",
        "| forge-doctor, warm",
    ]
    assert rows == ["| tool", *names] * 2


def test_a_peer_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lint_bench, "installed", lambda name: None)
    assert list(lint_bench.peers([], Path(), Path())) == []
    assert capsys.readouterr().out.splitlines() == [
        f"{name} is not installed: not measured" for name in ("ty", "pyrefly", "mypy", "pyright")
    ]
