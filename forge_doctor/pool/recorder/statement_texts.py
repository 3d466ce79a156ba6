"""Statements by number within one segment: a busy service sends the same few dozen again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HOLDERS = ("sessions", "background")
STATEMENT = "statement"


class StatementTexts:
    """The texts of one segment, in the order in which they first came."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._texts: list[str] = []

    def shortened(self, patch: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The patch with numbers for statements, and the texts that are new with it."""
        known = len(self._texts)
        return self._replaced(patch, self._number), self._texts[known:]

    def lengthened(self, patch: Mapping[str, Any], new: list[str]) -> dict[str, Any]:
        """The patch with its statements; raises `IndexError` for a number nobody wrote a text for."""
        self._texts += new
        return self._replaced(patch, self._text)

    def _number(self, statement: Any) -> Any:
        if not isinstance(statement, str):
            return statement
        if statement not in self._numbers:
            self._numbers[statement] = len(self._texts)
            self._texts.append(statement)
        return self._numbers[statement]

    def _text(self, number: Any) -> Any:
        return self._texts[number] if isinstance(number, int) else number

    @staticmethod
    def _replaced(patch: Mapping[str, Any], exchange: Any) -> dict[str, Any]:
        replaced = dict(patch)
        for holder in HOLDERS:
            if isinstance(members := replaced.get(holder), dict):
                replaced[holder] = {
                    pid: {**one, STATEMENT: exchange(one[STATEMENT])}
                    if isinstance(one, dict) and STATEMENT in one
                    else one
                    for pid, one in members.items()
                }
        return replaced
