"""A command that takes its options in groups, where typer wants each of them to be a parameter of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ForwardRef, get_args, get_origin, get_type_hints

from forge_doctor.cli.flags.declared import Declared
from forge_doctor.cli.flags.plain import read_plain

if TYPE_CHECKING:
    from inspect import Parameter


class Without:
    """In the annotation of a group: the options of it that the command does not offer."""

    def __init__(self, *names: str) -> None:
        self.names = names


class Group:
    """A parameter of a command, annotated with a NamedTuple of options; `options` are those that it offers."""

    def __init__(self, annotation: Any) -> None:
        kind, *told = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
        without = {name for one in told if isinstance(one, Without) for name in one.names}
        hints = kind.__annotations__
        if any(isinstance(hint, str | ForwardRef) for hint in hints.values()):
            hints = get_type_hints(kind, include_extras=True)
        self.kind = kind
        self.options = {name: hint for name, hint in hints.items() if name not in without}

    def parameters(self) -> Iterator[Parameter]:
        """The options as parameters that typer understands."""
        from inspect import Parameter

        for name, annotation in self.options.items():
            kind, declared = get_args(annotation)
            default = self.kind._field_defaults[name]
            if default == ():
                # What may be repeated is a list to typer: of `tuple[X, ...]` it would make one option of several words.
                default, kind = None, list[get_args(kind)[0]] | None  # type: ignore[misc]
            told = Annotated[kind, declared.for_typer()]  # type: ignore[valid-type]
            yield Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=told)

    def filled(self, typed: Mapping[str, Any]) -> Any:
        """The group, of what was typed: a field that nobody typed has the default of the group."""
        values = {name: typed[name] for name in self.options if typed.get(name) is not None}
        return self.kind(**{name: tuple(one) if isinstance(one, list) else one for name, one in values.items()})


class GroupedCommand:
    """A command and the groups of its options, by the parameters that take them."""

    def __init__(self, command: Callable[..., None]) -> None:
        hints = get_type_hints(command, include_extras=True)
        self.command = command
        self.groups = {name: Group(hint) for name, hint in hints.items() if name != "return"}

    def __call__(self, typed: Mapping[str, Any]) -> None:
        """Run it with the options that were typed."""
        self.command(**{name: group.filled(typed) for name, group in self.groups.items()})

    def read(self, words: Sequence[str]) -> Mapping[str, Any] | None:
        """The options that the words of a plain command line type; None where typer has to read them."""
        options: dict[str, tuple[Any, Declared]] = {}
        for group in self.groups.values():
            options |= {name: get_args(annotation) for name, annotation in group.options.items()}
        return read_plain(options, words)

    def for_typer(self) -> Callable[..., None]:
        """The command as a function of single options."""
        from inspect import Signature

        parameters = [parameter for group in self.groups.values() for parameter in group.parameters()]

        def typed(**options: Any) -> None:
            self(options)

        typed.__name__, typed.__doc__ = self.command.__name__, self.command.__doc__
        typed.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        typed.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        return typed


takes_flags = GroupedCommand
"""Decorates a command that takes its options in groups."""
