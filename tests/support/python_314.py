"""A Python 3.14 with an application's libraries, where `.ci/python_314.py` put one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

HOME = Path(os.environ.get("FORGE_DOCTOR_PYTHON_314") or Path.home() / ".cache" / "forge-doctor" / "python-3.14")


def python_314() -> tuple[str, dict[str, str]]:
    """The program, and the variables with which it finds the libraries; the test is skipped where there is none."""
    if sys.version_info[:2] == (3, 14):
        return sys.executable, {}
    program = HOME / "usr" / "bin" / "python3.14"
    if not program.exists():
        pytest.skip(f"Python 3.14 is not in {HOME}: python .ci/python_314.py")
    return str(program), {"PYTHONPATH": str(HOME / "site-packages")}
