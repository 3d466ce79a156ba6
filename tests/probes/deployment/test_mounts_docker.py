"""Paths of a real container: a folder of ours that is bound there, and what lies in its own layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from forge_doctor.probes.deployment.control_group import read_control_group
from forge_doctor.probes.deployment.mounts import seen_from_here
from tests.support.docker_engine import LogContainer

pytestmark = pytest.mark.docker


def test_bound_folders_are_ours_and_layers_are_reached_through_the_root(
    log_container: LogContainer, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text("app = 1\n")
    container: Any = log_container("sleep 60", wait=False, volumes={str(tmp_path): {"bind": "/app", "mode": "ro"}})
    container.reload()
    pid = container.attrs["State"]["Pid"]
    assert seen_from_here(pid, "/app/main.py") == str(tmp_path / "main.py")
    inner = seen_from_here(pid, "/bin/sh")
    assert inner == f"/proc/{pid}/root/bin/sh"
    assert Path(inner).exists()
    assert read_control_group(pid).container == container.id
