"""The public code bases of a folder, and what the lint benchmarks share about them; writes nothing into them."""

from __future__ import annotations

import argparse
import ast
import random
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

TEST_FOLDERS = frozenset({"test", "tests", "testing", "e2e", "conftest"})


def arguments_parser(doc: str | None) -> argparse.ArgumentParser:
    """The options the benchmarks on code bases have in common."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=existing_folder, help="a folder with one code base in each folder of it")
    return parser


def existing_folder(text: str) -> Path:
    """For argparse: a folder that is there."""
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is no folder")
    return path.resolve()


def code_bases(folder: Path) -> dict[str, Path]:
    """The code bases by name; one that is a link is followed."""
    return {one.name: one.resolve() for one in sorted(folder.iterdir()) if one.is_dir()}


def python_files(root: Path) -> list[Path]:
    """All Python files of a code base."""
    return sorted(path for path in root.rglob("*.py") if path.is_file() and ".git" not in path.parts)


def is_test(path: Path, root: Path) -> bool:
    """Whether its place or name says that a file is test code."""
    folders = path.relative_to(root).parts[:-1]
    return (
        not TEST_FOLDERS.isdisjoint(folders)
        or path.name == "conftest.py"
        or path.stem.startswith("test_")
        or path.stem.endswith("_test")
    )


def parsed(source: bytes) -> ast.Module | None:
    """The syntax tree; None for what this interpreter cannot parse."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return None


def sample(items: Iterable[T], most: int, seed: int) -> list[T]:
    """So many of them, chosen at random and the same for the same seed."""
    chosen = list(items)
    random.Random(seed).shuffle(chosen)
    return chosen[:most]


def copy_python(root: Path, files: Sequence[Path], to: Path) -> None:
    """The Python files alone: no configuration of a type checker comes along."""
    for path in files:
        target = to / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def import_roots(root: Path, files: Sequence[Path]) -> list[Path]:
    """The folders absolute imports start from: those with a project file, their `src`, and those around packages."""
    projects = {path.parent for name in ("pyproject.toml", "setup.py") for path in root.rglob(name)}
    found = {root, *projects, *(path / "src" for path in projects if (path / "src").is_dir())}
    packages = {path.parent for path in files if path.name == "__init__.py" and not is_test(path, root)}
    found |= {path.parent for path in packages if path != root and path.parent not in packages}
    # A project without any Python of its own has no folder in the copy the type checkers read.
    return sorted(found & {folder for path in files for folder in path.parents})
