"""Answers about a file that are worked out once, and go with its tree."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from forge_doctor.code.syntax.source import SourceFile

R = TypeVar("R")


def kept_with_file(question: Callable[[SourceFile], R]) -> Callable[[SourceFile], R]:
    """Asks once a file."""

    @wraps(question)
    def ask(file: SourceFile) -> R:
        kept = file.kept
        if question not in kept:
            kept[question] = question(file)
        answer: R = kept[question]
        return answer

    return ask
