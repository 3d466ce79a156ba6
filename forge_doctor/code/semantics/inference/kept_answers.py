"""Answers about a project that are worked out once: those made of trees go with the trees, all others stay for the run.

A plain `lru_cache` would keep old projects, and with each of them its trees, from leaving the memory.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar


class Keeping(Protocol):
    """What answers are kept with."""

    @property
    def kept(self) -> dict[Any, Any]:
        """Gone when the trees are let go of."""

    @property
    def lasting(self) -> dict[Any, Any]:
        """There for the whole run."""


K = TypeVar("K", bound=Keeping)
P = ParamSpec("P")
R = TypeVar("R")


def kept_with_trees(question: Callable[Concatenate[K, P], R]) -> Callable[Concatenate[K, P], R]:
    """Asks once, as long as the project keeps its trees: for what holds nodes, or is asked about nodes."""

    @wraps(question)
    def ask(project: K, /, *args: P.args, **named: P.kwargs) -> R:
        known = project.kept.setdefault(question, {})
        if args not in known:
            known[args] = question(project, *args, **named)
        answer: R = known[args]
        return answer

    return ask


def kept_for_the_run(question: Callable[Concatenate[K, P], R]) -> Callable[Concatenate[K, P], R]:
    """Asks once: for what holds no node, and is asked about none."""

    @wraps(question)
    def ask(project: K, /, *args: P.args, **named: P.kwargs) -> R:
        known = project.lasting.setdefault(question, {})
        if args not in known:
            known[args] = question(project, *args, **named)
        answer: R = known[args]
        return answer

    return ask
