"""Takes what the cells of a notebook printed and raised out of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forge_doctor.streams.carriers.exports.json_exports.json_fields import objects_in


def printed_in(entry: Mapping[str, Any]) -> Iterator[str]:
    """What the cells printed and raised, in their order; nothing where the entry is no notebook."""
    for cell in objects_in(entry.get("cells")):
        for output in objects_in(cell.get("outputs")):
            lines = output.get("traceback") if output.get("output_type") == "error" else output.get("text")
            between = "\n" if output.get("output_type") == "error" else ""
            text = between.join(map(str, lines)) if isinstance(lines, list) else str(lines or "")
            if text.strip():
                yield text
