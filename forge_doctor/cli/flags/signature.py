"""A command that takes its options in groups, where typer wants each of them to be a parameter of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import Parameter, Signature
from typing import Annotated, Any, get_args, get_origin, get_type_hints


class Without:
    """In the annotation of a group: the options of it that the command does not offer."""

    def __init__(self, *names: str) -> None:
        self.names = names


class Group:
    """A parameter of a command, annotated with a NamedTuple of options; `options` are those that it offers."""

    def __init__(self, annotation: Any) -> None:
        kind, *told = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
        without = {name for one in told if isinstance(one, Without) for name in one.names}
        hints = get_type_hints(kind, include_extras=True)
        self.kind = kind
        self.options = {name: hint for name, hint in hints.items() if name not in without}

    def parameters(self) -> Iterator[Parameter]:
        """The options as parameters that typer understands."""
        for name, annotation in self.options.items():
            default = self.kind._field_defaults[name]
            if default == ():
                default, annotation = None, _as_list(annotation)
            yield Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)

    def filled(self, typed: dict[str, Any]) -> Any:
        """The group, of what was typed: a field that nobody typed has the default of the group."""
        values = {name: typed[name] for name in self.options if typed[name] is not None}
        return self.kind(**{name: tuple(one) if isinstance(one, list) else one for name, one in values.items()})


def takes_flags(command: Callable[..., None]) -> Callable[..., None]:
    """The command as a function of single options."""
    hints = get_type_hints(command, include_extras=True)
    groups = {name: Group(hint) for name, hint in hints.items() if name != "return"}
    parameters = [parameter for group in groups.values() for parameter in group.parameters()]

    def typed(**options: Any) -> None:
        command(**{name: group.filled(options) for name, group in groups.items()})

    typed.__name__, typed.__doc__ = command.__name__, command.__doc__
    typed.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    typed.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return typed


def _as_list(annotation: Any) -> Any:
    """What may be repeated is a list to typer: of `tuple[X, ...]` it would make one option of several words."""
    kind, *told = get_args(annotation)
    return Annotated[(list[get_args(kind)[0]] | None, *told)]  # type: ignore[misc]
