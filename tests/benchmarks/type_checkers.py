"""Runs ty and pyright on files of a copied code base, with its usual dependencies installed, and reads what they say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

# What services of this kind import; a type checker knows no type of a package that is not installed.
DEPENDENCIES = (
    "sqlalchemy[asyncio]", "sqlmodel", "fastapi", "pydantic", "pydantic-settings", "alembic", "httpx", "asyncpg",
    "aiosqlite", "uvicorn", "redis", "aiohttp", "litestar", "advanced-alchemy", "fastapi-users",
    "fastapi-users-db-sqlalchemy", "fastapi-pagination", "sqlalchemy-crud-plus", "fastcrud", "typer", "celery", "arq",
    "tenacity", "structlog",
)  # fmt: skip
# Of the code, not of the interpreter the dependencies are installed for.
PYTHON_VERSION = "3.13"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing said; the path is relative to the code base, lines and columns count from one."""

    path: Path
    line: int
    column: int
    end_line: int
    text: str


@dataclass(frozen=True, slots=True)
class TypeChecker:
    """A command, and the Python that has the dependencies."""

    name: str
    command: str
    python: Path


Check = Callable[[TypeChecker, Path, Sequence[Path], Sequence[Path]], list[Diagnostic]]


def installed(name: str) -> str | None:
    """The program beside this Python or on the PATH; None where there is none."""
    import shutil

    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


def python_with_dependencies() -> Path:
    """The Python of a virtual environment with DEPENDENCIES, made on first use in the cache folder of the user."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "forge-doctor-bench" / "dependencies"
    python, stamp = folder / "bin" / "python", folder / "installed.txt"
    if not stamp.exists() or stamp.read_text() != "\n".join(DEPENDENCIES):
        sys.stderr.write(f"installing what code bases import, for the type checkers, in {folder}\n")
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *DEPENDENCIES], check=True, stdout=sys.stderr)
        stamp.write_text("\n".join(DEPENDENCIES))
    return python


def ty_diagnostics(
    checker: TypeChecker, folder: Path, files: Sequence[Path], roots: Sequence[Path]
) -> list[Diagnostic]:
    """What ty says of these files."""
    (folder / "ty.toml").write_text(f"[environment]\nroot = {json.dumps([str(root) for root in roots])}\n")
    command = [checker.command, "check", "--python", str(checker.python), "--python-version", PYTHON_VERSION]
    told = said(folder, [*command, "--output-format", "gitlab", "--exit-zero", *map(str, files)])
    return [
        Diagnostic(
            Path(one["location"]["path"]),
            one["location"]["positions"]["begin"]["line"],
            one["location"]["positions"]["begin"]["column"],
            one["location"]["positions"]["end"]["line"],
            one["description"],
        )
        for one in json.loads(told)
    ]


def pyright_diagnostics(
    checker: TypeChecker, folder: Path, files: Sequence[Path], roots: Sequence[Path]
) -> list[Diagnostic]:
    """What pyright says of these files."""
    settings = {
        "include": [str(one) for one in files],
        "extraPaths": [str(root) for root in roots],
        "pythonVersion": PYTHON_VERSION,
    }
    config = folder / "pyrightconfig.json"
    config.write_text(json.dumps(settings))
    told = said(
        folder, [checker.command, "--project", str(config), "--pythonpath", str(checker.python), "--outputjson"]
    )
    return [
        Diagnostic(
            Path(one["file"]).relative_to(folder),
            one["range"]["start"]["line"] + 1,
            one["range"]["start"]["character"] + 1,
            one["range"]["end"]["line"] + 1,
            one["message"],
        )
        for one in json.loads(told)["generalDiagnostics"]
        if "range" in one
    ]


def said(folder: Path, command: Sequence[str]) -> str:
    """Its output; raises with its words where it gave no verdict."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command[0]} exits {done.returncode}: {(done.stderr or done.stdout)[-2000:]}")
    return done.stdout


CHECKS: dict[str, Check] = {"ty": ty_diagnostics, "pyright": pyright_diagnostics}
