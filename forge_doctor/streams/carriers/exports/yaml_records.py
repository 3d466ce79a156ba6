"""Reads records in YAML, a document or an item of a list each, as `gcloud logging read` and `aws --output yaml` print them.

PyYAML is loaded where there are any.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Iterator
from typing import Any

from forge_doctor.regex import regex

_BEGUN = regex(r"---[ \t]*\r?\n(?=[A-Za-z_]\w{0,60}:)")
_PAYLOAD = regex(r"^(?:textPayload|jsonPayload|protoPayload|message):", re.MULTILINE)
# A list of mappings, an item of which has a program's lines as one of its own keys.
_LISTED = regex(r"(?:[A-Za-z_]\w{0,60}:\r?\n)?- {1,8}[A-Za-z_]\w{0,60}:(?: |\r?\n)")
_NAMED_LIST = regex(rb"[A-Za-z_]\w{0,60}:\r?\n- ")
# The status of a pod whose container ended with a message.
_TERMINATED = regex(rb"\n +terminated:\r?\n(?: +\w{1,40}: [^\n]{0,200}\n){0,6}? +message: ")
_KEY = regex(r"[A-Za-z_]\w{0,60}:(?: |\r?$)")
_LINES = regex(r"^(?:- {1,8}| {2,9})(?:log|logs|message|msg|line|textPayload):", re.MULTILINE)


def is_yaml(sample: bytes) -> bool:
    """Whether a stream has YAML records with a message in them; nothing is read where PyYAML is not installed."""
    if sample.startswith(b"apiVersion: ") and _TERMINATED.search(sample):
        return importlib.util.find_spec("yaml") is not None
    if not sample.startswith((b"---", b"- ")) and not _NAMED_LIST.match(sample):
        return False
    head = sample[: 1 << 16].decode("utf-8", "replace")
    begun, payload = (_BEGUN, _PAYLOAD) if sample.startswith(b"--") else (_LISTED, _LINES)
    return (
        begun.match(head) is not None
        and payload.search(head) is not None
        and importlib.util.find_spec("yaml") is not None
    )


def entries_of(texts: Iterable[str]) -> Iterator[dict[str, Any] | str]:
    """The documents and the items of lists; one that is no mapping, or no YAML, as the text it is."""
    import yaml

    # Every value as the text that is written: who reads records reads times, whatever wrote them.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    for text in _documents(texts):
        try:
            entry = yaml.load(text, loader)  # noqa: S506 - it makes texts, lists and mappings only
        except (yaml.YAMLError, ValueError, RecursionError):
            entry = None
        if isinstance(entry, list) and len(entry) == 1:
            entry = entry[0]
        yield entry if isinstance(entry, dict) else text


def _documents(texts: Iterable[str]) -> Iterator[str]:
    lines: list[str] = []
    rest, begins, is_first = "", "---", True
    for text in texts:
        whole = (rest + text).split("\n")
        rest = whole.pop()
        for line in whole:
            if line.startswith("- ") and (not lines or (len(lines) == 1 and is_first and _KEY.match(lines[0]))):
                # A document may have lists of its own, as far to the left as itself.
                begins, lines = "- ", []
            listed = begins == "- "
            if line.rstrip() == "---" or (listed and line.startswith(begins)):
                if lines:
                    yield "\n".join(lines)
                lines, is_first = [], False
            # What is told of the list itself stands beside it, a token for the next page.
            if line.rstrip() != "---" and not (listed and _KEY.match(line)):
                lines.append(line)
    lines.append(rest)
    if any(line.strip() for line in lines):
        yield "\n".join(lines)
