"""Dataclasses whose methods are made when they are first used, as one run uses few of those there are.

To make `__init__`, `__eq__`, `__hash__`, `__repr__` and the guards of a frozen class means to compile their source, for each
class that a run loads: of Python 3.13 with all of it, `logs` takes 179 ms of the processor's time for one line and 153 with
this, `pool` that reaches no server 168 and 140. A class of seven fields takes the standard library 0.52 ms, this 0.15, attrs
0.50 (it compiles as well), a namedtuple 0.04 and msgspec's Struct 0.01: a tuple equals any other with its values and its
fields go by place, and a Struct is a compiled dependency whose values are no dataclasses. Here everything else is the
standard library's, so that `fields`, `replace`, `asdict` and `match` see dataclasses like any other.

Not for `InitVar`, nor for the options that are not among its parameters (`order`, `unsafe_hash`, `init`, `repr`,
`match_args`, `weakref_slot`). Until a method is first used its signature is `(*arguments, **named)`. A frozen class refuses
to set any name, not its fields alone, and what extends one of ours is made here too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING
from functools import partial
from typing import TYPE_CHECKING, Any

COMPARED = {"__repr__": "repr", "__eq__": "eq", "__hash__": "unsafe_hash"}


def _dataclass(
    *, eq: bool = True, frozen: bool = False, kw_only: bool = False, slots: bool = False
) -> Callable[[type], type]:
    """What `dataclasses.dataclass` gives, with methods that are made at their first use."""

    def decorate(plain: type) -> type:
        own = frozenset(vars(plain))
        made: type = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=kw_only, slots=slots)(plain)
        compared = (name for name in COMPARED if eq or name == "__repr__")
        methods = {name: _deferred(made, name, partial(_from_twin, made, name)) for name in compared}
        methods["__init__"] = _deferred(made, "__init__", partial(_initialiser, made, frozen=frozen))
        if frozen:
            methods |= GUARDS
        elif eq:
            methods["__hash__"] = None
        for name, method in methods.items():
            if name not in own:
                setattr(made, name, method)
        return made

    return decorate


def _deferred(owner: type, name: str, make: Callable[[], Any]) -> Any:
    """A method that puts the one that is made in its place, and calls it."""

    def method(self: object, *arguments: Any, **named: Any) -> Any:
        made = make()
        setattr(owner, name, made)
        return made(self, *arguments, **named)

    return method


def _initialiser(owner: Any, *, frozen: bool) -> Any:
    """`__init__`: the standard library compiles the guards of a frozen class whenever it makes one."""
    names: dict[str, Any] = {"MISSING": MISSING, "set_": object.__setattr__}
    by_place, by_name, body = ["self"], ["*"], []
    for field in dataclasses.fields(owner):
        name, value = field.name, field.name
        names |= {f"default_{name}": field.default, f"make_{name}": field.default_factory}
        has_factory = field.default_factory is not MISSING
        if field.init:
            default = f"=default_{name}" if has_factory or field.default is not MISSING else ""
            (by_name if field.kw_only else by_place).append(name + default)
            value = f"make_{name}() if {name} is MISSING else {name}" if has_factory else name
        elif has_factory:
            value = f"make_{name}()"
        else:
            continue
        body.append(f"set_(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(owner, "__post_init__"):
        body.append("self.__post_init__()")
    parameters = ", ".join(by_place + (by_name if len(by_name) > 1 else []))
    source = "\n ".join([f"def __init__({parameters}):", *body, "pass"])
    exec(source, names)  # noqa: S102 - of the names of fields
    names["__init__"].__qualname__ = f"{owner.__qualname__}.__init__"
    return names["__init__"]


def _from_twin(owner: type, name: str) -> Any:
    """Another method, made by the standard library for a class that has the same fields and nothing else."""
    fields = {field.name: field for field in dataclasses.fields(owner)}
    body = {"__annotations__": {name: field.type for name, field in fields.items()}, "__doc__": owner.__doc__}
    twin = type(
        owner.__name__, (), {**fields, **body, "__qualname__": owner.__qualname__, "__module__": owner.__module__}
    )
    options: Any = {option: method == name for method, option in COMPARED.items()}
    return vars(dataclasses.dataclass(init=False, match_args=False, **options)(twin))[name]


def _refuse_to_set(_self: object, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _take_state(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


GUARDS: dict[str, Any] = {
    "__setattr__": _refuse_to_set,
    "__delattr__": _refuse_to_delete,
    "__getstate__": _state,
    "__setstate__": _take_state,
}
"""What a frozen class does not do, and how it is pickled all the same."""

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    dataclass = _dataclass
