"""Dataclasses whose methods are made when they are first used, as one run uses few of those there are.

To make `__init__` and the guards of a frozen class means to compile their source, for each class that a run loads, and the
standard library's `dataclasses` loads `inspect`, `ast`, `dis` and `tokenize` before the first of them. With those `logs` takes
142 ms of the processor's time for one line, with these 103 (CPython 3.13, the least of twelve). A namedtuple equals any other
with its values and its fields go by place; msgspec's Struct is a compiled dependency whose values are no dataclasses.

To the standard library these are dataclasses like any other: what `dataclasses.fields`, `replace` and `asdict` ask for is made
as soon as they ask, by itself. `field` and `replace` are here too, so that nothing has to load it.

Not for `InitVar`, nor for the options that are not among its parameters (`order`, `unsafe_hash`, `init`, `repr`,
`match_args`, `weakref_slot`). Until a method is first used its signature is `(*arguments, **named)`. A frozen class refuses
to set any name, not its fields alone, and what extends one of ours is made here too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, NamedTuple

FIELDS = "__declared_fields__"
VIEWS = ("__dataclass_fields__", "__dataclass_params__")
MISSING: Any = object()


class Field(NamedTuple):
    """What a class says of one of its fields: the type as it is written, and what `dataclasses.field` is told."""

    name: str
    type: Any
    options: Mapping[str, Any]

    def option(self, name: str, default: Any = True) -> Any:
        """What is said of it, or what goes without saying."""
        return self.options.get(name, default)


class Given:
    """Stands in the body of a class for a field of which more is said than its default."""

    def __init__(self, **options: Any) -> None:
        self.options = options


def _dataclass(
    *, eq: bool = True, frozen: bool = False, kw_only: bool = False, slots: bool = False
) -> Callable[[type], type]:
    """What `dataclasses.dataclass` gives, with methods that are made at their first use."""

    def decorate(plain: type) -> type:
        own = frozenset(vars(plain))
        fields = _fields_of(plain, kw_only)
        made = _with_slots(plain, fields) if slots else plain
        methods: dict[str, Any] = {
            FIELDS: fields,
            "__match_args__": tuple(
                name for name, one in fields.items() if one.option("init") and not one.option("kw_only")
            ),
            "__init__": _deferred(made, "__init__", partial(_initialiser, made, frozen=frozen)),
            "__repr__": _deferred(made, "__repr__", partial(_representation, fields)),
            "__replace__": _replace,
        }
        if eq:
            compared = tuple(name for name, one in fields.items() if one.option("compare"))
            methods["__eq__"] = _deferred(made, "__eq__", partial(_comparison, compared))
            methods["__hash__"] = _deferred(made, "__hash__", partial(_hash, compared)) if frozen else None
        if frozen:
            methods |= GUARDS
        for name, method in methods.items():
            # `__hash__` of a class with an `__eq__` of its own is None in it without being written there.
            if name not in own or (name == "__hash__" and vars(plain)[name] is None):
                setattr(made, name, method)
        for name in VIEWS:
            setattr(made, name, _View(made, name, frozen=frozen, eq=eq))
        return made

    return decorate


def _fields_of(plain: type, kw_only: bool) -> dict[str, Field]:
    """Those of the classes it extends, then its own; a default stays on the class as a value alone."""
    fields: dict[str, Field] = {}
    for base in plain.__mro__[-1:0:-1]:
        fields |= vars(base).get(FIELDS, {})
    for name, written in plain.__annotations__.items():
        if "ClassVar" in str(written):
            continue
        value = vars(plain).get(name, MISSING)
        options = _options(value)
        if "default" in options:
            if type(options["default"]).__hash__ is None:
                raise ValueError(f"field {name} has a default that changes: use default_factory")
            setattr(plain, name, options["default"])
        elif value is not MISSING:
            delattr(plain, name)
        fields[name] = Field(name, written, {"kw_only": kw_only, **options})
    return fields


def _options(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Given):
        return value.options
    if type(value).__module__ == "dataclasses":
        raise TypeError("a field of the standard library's: take forge_doctor.dataclass.field")
    return {} if value is MISSING else {"default": value}


def _with_slots(plain: type, fields: Mapping[str, Field]) -> type:
    """The class anew: slots cannot be given to one that is there."""
    body = dict(vars(plain))
    inherited = {slot for base in plain.__mro__[1:-1] for slot in vars(base).get("__slots__", ())}
    for name in (*fields, "__dict__", "__weakref__"):
        body.pop(name, None)
    body["__slots__"] = tuple(name for name in fields if name not in inherited)
    made = type(plain)(plain.__name__, plain.__bases__, body)
    made.__qualname__ = plain.__qualname__
    return made


def _deferred(owner: type, name: str, make: Callable[[], Any]) -> Any:
    """A method that puts the one that is made in its place, and calls it."""

    def method(self: object, *arguments: Any, **named: Any) -> Any:
        made = make()
        setattr(owner, name, made)
        return made(self, *arguments, **named)

    return method


def _initialiser(owner: Any, *, frozen: bool) -> Any:
    names: dict[str, Any] = {"MISSING": MISSING, "set_": object.__setattr__}
    by_place, by_name, body = ["self"], ["*"], []
    for name, field in getattr(owner, FIELDS).items():
        value = name
        factory, default = field.option("default_factory", MISSING), field.option("default", MISSING)
        names |= {f"default_{name}": default, f"make_{name}": factory}
        has_factory = factory is not MISSING
        if field.option("init"):
            given = f"=default_{name}" if has_factory or default is not MISSING else ""
            (by_name if field.option("kw_only") else by_place).append(name + given)
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


def _representation(fields: Mapping[str, Field]) -> Any:
    shown = [name for name, field in fields.items() if field.option("repr")]

    @recursive_repr()
    def told(self: object) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    return told


def _key(names: tuple[str, ...]) -> Callable[[object], Any]:
    """What of a value is compared, as one."""
    return attrgetter(*names) if names else type


def _comparison(names: tuple[str, ...]) -> Any:
    key = _key(names)

    def is_equal(self: object, other: object) -> bool:
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    return is_equal


def _hash(names: tuple[str, ...]) -> Any:
    key = _key(names)
    return lambda self: hash(key(self))


def _replace(value: Any, /, **changes: Any) -> Any:
    """A copy of a value with other values of these fields."""
    for name, field in getattr(value, FIELDS).items():
        if name not in changes and field.option("init"):
            changes[name] = getattr(value, name)
    return type(value)(**changes)


class _View:
    """What the standard library keeps of its own dataclasses, made of a class that has the same fields and nothing else."""

    def __init__(self, owner: type, name: str, *, frozen: bool, eq: bool) -> None:
        self.owner, self.name, self.told = owner, name, {"frozen": frozen, "eq": eq, "init": True, "repr": True}

    def __get__(self, _value: object, _kind: type) -> Any:
        import dataclasses

        fields: Mapping[str, Field] = getattr(self.owner, FIELDS)
        body = {name: dataclasses.field(**field.options) for name, field in fields.items()}
        types = {"__annotations__": {name: field.type for name, field in fields.items()}}
        twin = type(self.owner.__name__, (), {**body, **types, "__module__": self.owner.__module__})
        made = vars(dataclasses.dataclass(init=False, repr=False, eq=False, match_args=False)(twin))[self.name]
        if self.name == "__dataclass_params__":
            for name, value in self.told.items():
                setattr(made, name, value)
        setattr(self.owner, self.name, made)
        return made


def _refuse_to_set(_self: object, name: str, _value: object) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_self: object, name: str) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in getattr(self, FIELDS)]


def _take_state(self: Any, state: list[Any]) -> None:
    for name, value in zip(getattr(self, FIELDS), state, strict=True):
        object.__setattr__(self, name, value)


GUARDS: dict[str, Any] = {
    "__setattr__": _refuse_to_set,
    "__delattr__": _refuse_to_delete,
    "__getstate__": _state,
    "__setstate__": _take_state,
}
"""What a frozen class does not do, and how it is pickled all the same."""

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import replace as replace
else:
    dataclass, field, replace = _dataclass, Given, _replace


def field_names(value: object) -> tuple[str, ...]:
    """The names of what the class of a value of ours is called with; none of any other."""
    fields: Mapping[str, Field] = getattr(type(value), FIELDS, {})
    return tuple(name for name, field in fields.items() if field.option("init"))
