"""An option or an argument, declared beside the field it fills; typer's own are made of it when typer is asked.

A command line that is plain is read off the same declarations, and then typer is not loaded.
"""

from __future__ import annotations

from typing import Any


class Declared:
    """`names` as they are typed, none where the field's own will do; `settings` as typer has them."""

    __slots__ = ("names", "of_place", "settings")

    def __init__(self, names: tuple[str, ...], settings: dict[str, Any], *, of_place: bool = False) -> None:
        self.names, self.settings, self.of_place = names, settings, of_place

    def for_typer(self) -> Any:
        """What typer is told."""
        import typer

        return (typer.Argument if self.of_place else typer.Option)(*self.names, **self.settings)


def option(*names: str, **settings: Any) -> Declared:
    """What is typed with its name."""
    return Declared(names, settings)


def argument(**settings: Any) -> Declared:
    """What is typed without one."""
    return Declared((), settings, of_place=True)
