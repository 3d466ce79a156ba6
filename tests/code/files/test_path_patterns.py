"""Patterns of `exclude` and `per-file-ignores`."""

from __future__ import annotations

import pytest

from forge_doctor.code.files.path_patterns import Patterns


@pytest.mark.parametrize(
    ("pattern", "named", "not_named"),
    [
        ("vendored", ["vendored", "a/vendored"], ["vendored.py", "a/vendored2", "vendored/x.py"]),
        ("*_pb2.py", ["x_pb2.py", "a/b/x_pb2.py"], ["x_pb2.pyi", "x_pb2.py/y"]),
        ("app/legacy/*.py", ["app/legacy/x.py"], ["app/legacy/a/x.py", "b/app/legacy/x.py"]),
        ("./app/x.py", ["app/x.py"], ["b/app/x.py"]),
        ("/setup.py", ["setup.py"], ["a/setup.py"]),
        ("app/**/x.py", ["app/x.py", "app/a/b/x.py"], ["x.py", "b/app/x.py"]),
        ("**/tests/*.py", ["tests/x.py", "a/b/tests/x.py"], ["tests/a/x.py"]),
        ("app/**", ["app/x.py", "app/a/x.py"], ["app"]),
        ("v?.py", ["v1.py"], ["v12.py", "v.py"]),
        ("v[0-9].py", ["v1.py"], ["va.py"]),
        ("v[!0-9].py", ["va.py"], ["v1.py"]),
        ("a.b+c(1)", ["a.b+c(1)"], ["aXb+c(1)"]),
        ("a[", ["a["], ["a"]),
        ("build/", ["build", "a/build"], ["builds"]),
    ],
)
def test_a_pattern_names_exactly_these_paths(pattern: str, named: list[str], not_named: list[str]) -> None:
    patterns = Patterns(written=(pattern,))
    assert [path for path in named if not patterns.name(path)] == []
    assert [path for path in not_named if patterns.name(path)] == []


def test_a_folder_covers_what_is_below_it() -> None:
    patterns = Patterns(written=("app/legacy",))
    assert patterns.cover("app/legacy/deep/x.py")
    assert not patterns.name("app/legacy/deep/x.py")
    assert not patterns.cover("app/legacy2/x.py")


def test_the_last_pattern_that_matches_decides() -> None:
    assert not Patterns(written=("build", "!build")).cover("build/x.py")
    assert Patterns(written=("!build", "build")).cover("build/x.py")
    assert not Patterns(written=()).cover("x.py")
