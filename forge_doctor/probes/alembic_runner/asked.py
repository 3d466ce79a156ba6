"""Which settings the application asked its environment for and did not find; runs in the child, sets nothing."""

from __future__ import annotations

import os
import sys
from typing import Any


def record_missing() -> set[str]:
    """The names of variables asked for and not set, from now on: filled as the application asks."""
    missing: set[str] = set()

    environment: Any = type(os.environ)

    class Recording(environment):  # type: ignore[misc]
        def __getitem__(self, name: str) -> str:
            try:
                value: str = super().__getitem__(name)
            except KeyError:
                missing.add(name)
                raise
            return value

    os.environ.__class__ = Recording
    return missing


def missing_fields(error: BaseException) -> list[str]:
    """The variables of settings fields that pydantic found missing, with the prefix their class gives them."""
    told = getattr(error, "errors", None)
    if type(error).__name__ != "ValidationError" or not callable(told):
        return []
    fields = [entry["loc"][0] for entry in told() if entry.get("type") in ("missing", "value_error.missing")]
    prefix = _prefix(str(getattr(error, "title", "")))
    return [f"{prefix}{field}".upper() for field in fields if isinstance(field, str)]


def _prefix(class_name: str) -> str:
    settings = sys.modules.get("pydantic_settings")
    waiting: list[Any] = [settings.BaseSettings] if settings else []
    while waiting:
        found = waiting.pop()
        if found.__name__ == class_name:
            return str(found.model_config.get("env_prefix", ""))
        waiting.extend(found.__subclasses__())
    return ""
