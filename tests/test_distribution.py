"""The ways to get it beside pip: one file for hosts without it, the action, the template, the hooks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import Distribution, packages_distributions, requires
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from forge_doctor import __version__

ROOT = Path(__file__).parent.parent
FORGOTTEN = "from sqlalchemy.ext.asyncio import AsyncSession\n\n\nasync def save(db: AsyncSession):\n    db.commit()\n"
# The interpreter that our own environment was made from: it has nothing installed.
BARE = Path(getattr(sys, "_base_executable", sys.executable))


@pytest.mark.slow
@pytest.mark.long
def test_the_single_file_runs_on_a_bare_python(tmp_path: Path) -> None:
    built = tmp_path / "forge-doctor.pyz"
    line = (sys.executable, "-m", "shiv", "--quiet", "--compressed", "--console-script", "forge-doctor")
    subprocess.run((*line, "--output-file", built, ROOT), check=True, capture_output=True, timeout=300)
    (tmp_path / "save.py").write_text(FORGOTTEN, encoding="utf-8")
    (tmp_path / "app.log").write_text("2026-11-22 08:00:00,000 ERROR [a] deadlock detected\n", encoding="utf-8")
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "SHIV_ROOT": str(tmp_path / "unpacked")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = (str(BARE), "-I", str(built), *arguments)
        return subprocess.run(command, cwd=tmp_path, env=bare, capture_output=True, text=True, check=False, timeout=120)

    assert run("--version").stdout == f"forge-doctor {__version__}\n"
    assert "unawaited-session-call" in run("lint", "save.py", "-f", "concise").stdout
    assert "deadlock" in run("logs", "app.log", "-f", "concise").stdout
    refused = run("pool", "--dsn", "postgresql://a@127.0.0.1:1/x")
    assert refused.returncode == 3, refused.stderr


def document(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def action(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """The action's step as a runner does it: inputs and their defaults in the environment, our package installed."""
    declared = document(".github/action/action.yml")
    (step,) = declared["runs"]["steps"]
    given = {name: inputs.get(name, told["default"]) for name, told in declared["inputs"].items()}
    variables = {
        name: (str(ROOT) if "action_path" in value else given[value.partition("inputs.")[2].removesuffix(" }}")])
        for name, value in step["env"].items()
    }
    ready = folder / "runner/forge-doctor-venv/bin"
    ready.mkdir(parents=True, exist_ok=True)
    (ready / "forge-doctor").write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -P -m forge_doctor "$@"\n', encoding="utf-8"
    )
    (ready / "forge-doctor").chmod(0o755)
    runner = {"RUNNER_TEMP": str(folder / "runner"), "GITHUB_OUTPUT": str(folder / "outputs"), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ("bash", "-c", step["run"]), cwd=folder / "work", env={**os.environ, **variables, **runner},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    (tmp_path / "work/save.py").write_text(FORGOTTEN, encoding="utf-8")
    return tmp_path


def test_the_action_annotates_and_fails_where_something_is_found(checkout: Path) -> None:
    done = action(checkout)
    assert done.returncode == 1, done.stderr
    assert "::error" in done.stdout
    assert (checkout / "outputs").read_text(encoding="utf-8") == "exit-code=1\n"
    assert action(checkout, **{"fail-on": "never"}).returncode == 0


def test_the_action_writes_what_code_scanning_takes(checkout: Path) -> None:
    assert action(checkout, format="sarif", **{"output-file": "told.sarif"}).returncode == 1
    assert '"version": "2.1.0"' in (checkout / "work/told.sarif").read_text(encoding="utf-8")


@pytest.mark.parametrize("hostile", ["$(touch victim)", "x; touch victim", "--write-baseline=victim", "`touch victim`"])
def test_what_an_input_says_is_never_run(hostile: str, checkout: Path) -> None:
    for name in ("paths", "since", "format", "output-file", "fail-on"):
        action(checkout, **{name: hostile})
    assert not (checkout / "work/victim").exists()


def test_every_input_reaches_the_script_by_the_environment() -> None:
    declared = document(".github/action/action.yml")
    (step,) = declared["runs"]["steps"]
    assert "${{" not in step["run"]
    handed = " ".join(step["env"].values())
    assert all(f"inputs.{name} " in handed for name in declared["inputs"])


def test_it_builds_where_pip_installs_no_dependencies_by_itself() -> None:
    """As PIP_NO_DEPS=1 makes it: what builds a package is installed by the same pip."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    assert needed(listed, set()) == {Requirement(one).name for one in listed}


def test_the_templates_job_lints_into_the_widgets_report(checkout: Path) -> None:
    (job,) = [one for one in document(".github/gitlab-ci.yml").values() if "script" in one]
    _, lint = job["script"]
    run = lint.replace("forge-doctor lint", f'"{sys.executable}" -P -m forge_doctor lint')
    given = {**os.environ, "PYTHONPATH": str(ROOT), "FORGE_DOCTOR_PATHS": job["variables"]["FORGE_DOCTOR_PATHS"]}
    done = subprocess.run(
        ("bash", "-c", run), cwd=checkout / "work", env=given, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert '"fingerprint"' in (checkout / "work" / job["artifacts"]["reports"]["codequality"]).read_text(
        encoding="utf-8"
    )


def test_the_hooks_name_commands_that_exist() -> None:
    hooks = {hook["id"]: hook["entry"].split() for hook in document(".pre-commit-hooks.yaml")}
    assert {"forge-doctor-lint", "forge-doctor-lint-fix"} <= hooks.keys()
    for entry in hooks.values():
        line = (sys.executable, "-m", "forge_doctor", *entry[1:], "--help")
        assert subprocess.run(line, cwd=ROOT, capture_output=True, check=False, timeout=60).returncode == 0


def lean() -> set[str]:
    """What the README lets a hook that only lints install beside the package."""
    (told,) = re.findall(r"additional_dependencies: (.*)", (ROOT / "README.md").read_text(encoding="utf-8"))
    return {Requirement(one).name for one in yaml.safe_load(told)}


def needed(requirements: list[str], known: set[str]) -> set[str]:
    """Their names, and those of what they ask for without an extra, as far as it is installed."""
    for one in map(Requirement, requirements):
        name = canonicalize_name(one.name)
        wanted = one.marker is None or one.marker.evaluate({"extra": ""})
        if wanted and name not in known and find_distributions(name):
            known.add(name)
            needed(requires(name) or [], known)
    return known


def find_distributions(name: str) -> list[Distribution]:
    return list(Distribution.discover(name=name))


def test_a_lean_install_lints_without_what_other_commands_need(checkout: Path) -> None:
    """With nothing of what the package asks for but what the README lists for a hook that only lints."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    missing = needed(project["project"]["dependencies"], set()) - lean()
    assert {"sqlalchemy", "rich", "pygments", "pgparse"} <= missing
    modules = [
        name for name, owners in packages_distributions().items() if {*map(canonicalize_name, owners)} <= missing
    ]
    blocked = "".join(f"sys.modules[{name!r}] = None\n" for name in modules)
    (checkout / "sitecustomize.py").write_text(f"import sys\n{blocked}", encoding="utf-8")
    given = {**os.environ, "PYTHONPATH": f"{checkout}{os.pathsep}{ROOT}", "XDG_CACHE_HOME": str(checkout / "cache")}
    for flags in (("-f", "concise"), ("-f", "sarif"), ("--fix",)):
        line = (sys.executable, "-P", "-m", "forge_doctor", "lint", ".", *flags)
        done = subprocess.run(
            line, cwd=checkout / "work", env=given, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode in (0, 1), done.stderr
        assert "Traceback" not in done.stderr
    assert "await db.commit()" in (checkout / "work/save.py").read_text(encoding="utf-8")
