"""An expression that was kept is the one that `re` makes; what is not kept, or was spoiled, is compiled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import forge_doctor
from forge_doctor.kept_results import kept_expressions
from forge_doctor.kept_results.kept_expressions import MOST, Expressions, assembled, keep_expressions_in, taken_apart
from forge_doctor.regex import compile_with, regex
from tests.support.conformance import every_module

TIME = (rb"(?P<hour>\d\d):(?P<minute>\d\d)(?:[.,](\d{1,6}))?", 0)
WORD = (r"(?i:\bé\w+)|(?<!x)straße", re.MULTILINE)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "logs" / "one.re"
    compile_with(re.compile)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What `re` was asked to compile."""
    seen: list[object] = []
    own = re.compile

    def compile_one(source: str | bytes, flags: int = 0) -> re.Pattern[str] | re.Pattern[bytes]:
        seen.append(source)
        return own(source, flags)

    monkeypatch.setattr(re, "compile", compile_one)
    return seen


def test_every_expression_of_the_package_is_what_re_makes_of_it() -> None:
    kind = type(regex(""))
    found = {
        (one.pattern, one.flags)
        for module in every_module(forge_doctor, leave_out="forge_doctor.demo")
        for one in vars(module).values()
        if isinstance(one, kind)
    }
    assert len(found) > 80
    for source, flags in found:
        parts, own = taken_apart(source, flags), re.compile(source, flags)
        assert parts is not None, source
        made = assembled(source, parts)
        assert (made, made.groups, made.groupindex) == (own, own.groups, own.groupindex)


@given(st.text(":0123456789., x", max_size=30))
def test_it_finds_the_same(text: str) -> None:
    parts, raw = taken_apart(*TIME), text.encode()
    assert parts is not None
    found = assembled(TIME[0], parts).search(raw)
    own = re.compile(*TIME).search(raw)
    assert (found and (found.span(), found.groupdict())) == (own and (own.span(), own.groupdict()))


def test_the_next_run_compiles_nothing_that_the_first_one_did(place: Path, compiled: list[object]) -> None:
    first = Expressions(str(place))
    assert first.compiled(*WORD).search("die Straße") is None
    assert first.compiled(*TIME).match(b"08:15") is not None
    first.keep()
    assert [*map(repr, compiled[:2])] == [repr(WORD[0]), repr(TIME[0])]
    compiled.clear()
    second = Expressions(str(place))
    assert second.compiled(*WORD).search("die straße") is not None
    assert second.compiled(*TIME).fullmatch(b"08:15.25") is not None
    second.keep()
    assert compiled == []
    assert [one.name for one in place.parent.glob("*.re")] == [place.name]


def test_text_and_bytes_and_other_flags_are_others(place: Path) -> None:
    first = Expressions(str(place))
    for source, flags in (("a.", 0), (b"a.", 0), ("a.", re.DOTALL)):
        first.compiled(source, flags)
    first.keep()
    second = Expressions(str(place))
    assert second.compiled("a.", 0).search("a\n") is None
    assert second.compiled("a.", re.DOTALL).search("a\n") is not None
    assert second.compiled(b"a.", 0).search(b"ab") is not None


@pytest.mark.parametrize("spoiled", [b"", b"\n", b"abc", b"0\nabc"])
def test_a_spoiled_file_is_as_none(spoiled: bytes, place: Path) -> None:
    first = Expressions(str(place))
    first.compiled(*WORD)
    first.keep()
    whole = place.read_bytes()
    for data in (spoiled, whole[:-1], whole[:40] + b"?" + whole[41:]):
        place.write_bytes(data)
        assert Expressions(str(place)).compiled(*WORD).search("élan") is not None


def test_what_older_versions_kept_does_not_grow_for_ever(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_expressions, "MOST", 3)
    assert MOST > 500
    for number in range(5):
        run = Expressions(str(place))
        run.compiled(f"version {number}", 0)
        run.keep()
    assert len(Expressions(str(place))._kept) == 2


def test_a_fault_is_told_as_re_tells_it_and_not_kept(place: Path) -> None:
    run = Expressions(str(place))
    with pytest.raises(re.error):
        run.compiled("(", 0)
    run.keep()
    assert not place.exists()


def test_expressions_are_compiled_from_the_folder_or_by_re(tmp_path: Path, compiled: list[object]) -> None:
    try:
        keep_expressions_in(str(tmp_path))
        assert regex("kept or not").search("kept or not") is not None
        keep_expressions_in(None)
        assert regex("by re alone").search("by re alone") is not None
    finally:
        compile_with(re.compile)
    assert compiled == ["kept or not", "by re alone"]


def test_a_python_that_nobody_has_looked_at_compiles(
    tmp_path: Path, compiled: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_expressions, "LAST_KNOWN", (3, 10))
    kept: list[object] = []
    monkeypatch.setattr(kept_expressions.atexit, "register", kept.append)
    keep_expressions_in(str(tmp_path))
    assert regex("of a newer one").search("of a newer one") is not None
    assert (compiled, kept) == (["of a newer one"], [])
