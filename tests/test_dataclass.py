"""Our dataclasses do what the standard library's do: each case is asked of both."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, fields, replace
from typing import Any

import pytest

from forge_doctor import dataclass as ours
from forge_doctor.dataclass import field


@ours.dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """At the top of a module, as what is pickled is found by its name."""

    name: str
    count: int = 0
    tags: tuple[str, ...] = ()
    parts: list[str] = field(default_factory=list, compare=False)
    note: str = field(default="", repr=False)
    length: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", len(self.name))


@ours.dataclass(slots=True)
class Tally:
    """Something that changes."""

    name: str
    counts: dict[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<{self.name}>"


@ours.dataclass(slots=True)
class Longer(Tally):
    """With a field more."""

    more: int = 7


MAKERS: tuple[Any, ...] = (dataclasses, ours)


def plain(maker: Any, **options: bool) -> Any:
    """A class made by one of the two modules."""

    class Plain:
        """A place."""

        line: int
        column: int | None = None
        words: list[str] = maker.field(default_factory=list)

    return maker.dataclass(**options)(Plain)


@pytest.mark.parametrize(
    "options", [{}, {"frozen": True, "slots": True}, {"eq": False}, {"kw_only": True, "frozen": True}]
)
def test_like_the_standard_library(options: dict[str, bool]) -> None:
    def told(make: Callable[[Any], Any]) -> tuple[str, ...]:
        said = []
        for maker in MAKERS:
            try:
                said.append(repr(make(plain(maker, **options))))
            except (TypeError, AttributeError) as error:
                said.append(f"{type(error).__name__}: {error}")
        return tuple(said)

    cases: tuple[Callable[[Any], Any], ...] = (
        lambda kind: kind(line=1),
        lambda kind: kind(1, 2, []),
        lambda kind: kind(),
        lambda kind: kind(line=1, other=2),
        lambda kind: kind(line=1) == kind(line=1),
        lambda kind: kind(line=1) == kind(line=2),
        lambda kind: kind(line=1) != 1,
        lambda kind: len({hash(one) for one in (kind(line=1, words=()), kind(line=1, words=()))}),
        lambda kind: hash(kind(line=1)) and "hashed",
        lambda kind: setattr(kind(line=1), "line", 2),
        lambda kind: delattr(kind(line=1), "line"),
        lambda kind: replace(kind(line=1), column=3),
        lambda kind: asdict(kind(line=1)),
        lambda kind: [one.name for one in fields(kind)],
        lambda kind: kind.__match_args__,
        lambda kind: kind(line=1).words is kind(line=1).words,
    )
    for case in cases:
        standard, own = told(case)
        assert own == standard


def test_a_value_travels_and_stays_as_it_is() -> None:
    value = Value(name="pool", parts=["a"], note="secret")
    assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(value)).parts == ["a"]
    assert repr(value) == "Value(name='pool', count=0, tags=(), parts=['a'], length=4)"
    assert value == Value(name="pool", parts=["b"], note="secret")
    assert hash(value) == hash(Value(name="pool", note="secret"))
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        value.name = "lock"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del value.name


def test_own_methods_are_kept_and_inherited() -> None:
    assert repr(Tally("a")) == "<a>"
    assert repr(Longer("a")).endswith("Longer(name='a', counts={}, more=7)")
    first, second = Longer("a"), Longer("a", {}, 7)
    first.more = 7
    assert first == second
    assert first != Tally("a")
    with pytest.raises(TypeError, match="unhashable"):
        hash(first)


def test_nothing_is_made_before_it_is_used() -> None:
    kind = plain(ours, frozen=True)
    assert "line" not in kind.__init__.__code__.co_varnames
    kind(line=1)
    assert "line" in kind.__init__.__code__.co_varnames
