"""SARIF as GitHub's code scanning takes it, said by the validator that knows its demands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

# What platforms take is the same on every Python.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TOOL = Path(os.environ.get("FORGE_DOCTOR_SARIF") or Path.home() / ".cache/forge-doctor/sarif") / "Sarif.Multitool"
ENGINE = (
    "from sqlalchemy.ext.asyncio import create_async_engine\n\nengine = create_async_engine('postgresql+asyncpg:///')\n"
)
FORGOTTEN = "from sqlalchemy.ext.asyncio import AsyncSession\n\n\nasync def save(db: AsyncSession):\n    db.commit()\n"
COMMANDS = {
    "pool": ("pool", "--snapshot", str(ROOT / "tests/pool/snapshots/incident.json")),
    "slow": ("slow", "--snapshot", str(ROOT / "tests/slow/snapshots/shop_18.json")),
    "logs": ("logs", str(ROOT / "tests/logs/samples/poolleak_310.raw.log")),
    "lint": ("lint", "."),
    "migrations": ("migrations", "migrations", "--no-live"),
    # Workers of other tests may run beside it, whose databases are none of its business.
    "triage": (
        *("triage", "--no-borrow-dsn", "--source", "shop"),
        *("--log", str(ROOT / "tests/logs/samples/poolleak_310.raw.log")),
    ),
}


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an engine, a fault and revisions; every command runs in it once for each format."""
    folder = tmp_path_factory.mktemp("application")
    (folder / "shop").mkdir()
    (folder / "shop/database.py").write_text(ENGINE, encoding="utf-8")
    (folder / "shop/save.py").write_text(FORGOTTEN, encoding="utf-8")
    shutil.copytree(ROOT / "forge_doctor/demo/shop/migrations", folder / "migrations")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = (sys.executable, "-P", "-m", "forge_doctor", *arguments)
    given = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache")}
    return subprocess.run(line, cwd=folder, env=given, capture_output=True, text=True, check=False, timeout=120)


@cache
def told_as(output_format: str, folder: Path, command: str) -> str:
    done = run(folder, *COMMANDS[command], "--output-format", output_format)
    # Nobody told triage of a database: what it found outweighs that.
    assert done.returncode in ((1, 3) if command == "triage" else (0, 1)), done.stderr
    return done.stdout


def sarif(folder: Path, command: str) -> dict[str, Any]:
    (only,) = json.loads(told_as("sarif", folder, command))["runs"]
    return dict(only)


@pytest.mark.parametrize("command", COMMANDS)
def test_code_scanning_accepts_it(command: str, application: Path, tmp_path: Path) -> None:
    if not TOOL.exists():
        pytest.skip(f"{TOOL} is not there: python .ci/sarif_multitool.py")
    told, verdict = tmp_path / "told.sarif", tmp_path / "verdict.sarif"
    told.write_text(told_as("sarif", application, command), encoding="utf-8")
    line = (str(TOOL), "validate", str(told), "-o", str(verdict), "--rule-kind", "Ghas", "--log", "ForceOverwrite")
    subprocess.run(line, capture_output=True, text=True, check=False, timeout=120)
    (of_it,) = json.loads(verdict.read_text(encoding="utf-8-sig"))["runs"]
    assert [(one["ruleId"], one.get("level")) for one in of_it["results"]] == []
    assert of_it["invocations"][0]["executionSuccessful"]


def test_the_validator_would_refuse_a_rule_without_descriptions(application: Path, tmp_path: Path) -> None:
    if not TOOL.exists():
        pytest.skip(f"{TOOL} is not there: python .ci/sarif_multitool.py")
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [sarif(application, "lint")],
    }
    del log["runs"][0]["tool"]["driver"]["rules"][0]["fullDescription"]  # type: ignore[index]
    told, verdict = tmp_path / "told.sarif", tmp_path / "verdict.sarif"
    told.write_text(json.dumps(log), encoding="utf-8")
    line = (str(TOOL), "validate", str(told), "-o", str(verdict), "--rule-kind", "Ghas", "--log", "ForceOverwrite")
    subprocess.run(line, capture_output=True, text=True, check=False, timeout=120)
    assert "GH2012" in verdict.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_rule_is_described_and_every_result_lies_in_a_file(command: str, application: Path) -> None:
    told = sarif(application, command)
    for rule in told["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["markdown"]
        assert rule["helpUri"].endswith(f"/{rule['id']}/#{rule['id']}")
        assert rule["properties"]["precision"] in ("very-high", "high", "medium", "low")
    assert told["results"]
    for result in told["results"]:
        place = result["locations"][0]["physicalLocation"]
        # Of a log: where its machine has the file.
        assert command == "logs" or (application / place["artifactLocation"]["uri"]).is_file()
        assert place["region"]["startLine"] >= 1
        assert result["partialFingerprints"]["primaryLocationLineHash"]


def test_what_has_no_file_stands_at_the_line_of_the_engine(application: Path) -> None:
    places = [one["locations"][0] for one in sarif(application, "pool")["results"]]
    assert {one["physicalLocation"]["artifactLocation"]["uri"] for one in places} == {"shop/database.py"}
    assert {one["physicalLocation"]["region"]["startLine"] for one in places} == {3}
    assert any("pid" in one["logicalLocations"][0]["fullyQualifiedName"] for one in places)


@pytest.mark.parametrize("wanted", ["sarif", "gitlab"])
def test_where_no_engine_is_found_the_format_is_refused_with_what_to_take(wanted: str, tmp_path: Path) -> None:
    done = run(tmp_path, *COMMANDS["pool"], "--output-format", wanted)
    assert done.returncode == 2
    assert "makes an engine" in done.stderr
    assert "json, junit or markdown" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_gitlab_gets_what_its_report_must_hold(command: str, application: Path) -> None:
    issues = json.loads(told_as("gitlab", application, command))
    assert issues
    assert len({one["fingerprint"] for one in issues}) == len(issues)
    for one in issues:
        assert one["description"]
        assert one["check_name"]
        assert one["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert one["location"]["lines"]["begin"] >= 1
        assert command == "logs" or (application / one["location"]["path"]).exists()


def test_gitlab_gets_paths(application: Path) -> None:
    issues = json.loads(told_as("gitlab", application, "pool"))
    assert {one["location"]["path"] for one in issues} == {"shop/database.py"}
    assert any(one["description"].startswith("pid ") for one in issues)


@pytest.mark.parametrize("command", COMMANDS)
def test_junit_lists_the_checks_that_passed(command: str, application: Path) -> None:
    from xml.etree import ElementTree

    cases = list(ElementTree.fromstring(told_as("junit", application, command)).iter("testcase"))
    assert sum(len(case) == 0 for case in cases) > 10
