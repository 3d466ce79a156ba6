"""Plans as auto_explain logs them in YAML and XML, read into what its JSON would have said; no reader of these formats at
large: what EXPLAIN does not write is not read."""

from __future__ import annotations

import json
from typing import Any

from forge_doctor.regex import regex

_ENTRY = regex(r"(?P<indent> {0,400}+)(?P<item>- )?(?:(?P<name>[A-Z][A-Za-z0-9 /-]{0,60}): ?)?(?P<value>[^\n]*)")
_TAG = regex(r"<(?P<end>/)?(?P<name>[A-Za-z][\w-]{0,60})(?:\s[^<>]{0,200})?(?P<empty>/)?>|(?P<text>[^<]{1,}+)")
_NUMBER = regex(r"-?\d{1,15}(?:\.\d{1,6})?")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&#x0d;", "\r"), ("&quot;", '"'), ("&amp;", "&"))
_LISTS, _ITEM = frozenset({"Plans", "Output", "Sort Key", "Presorted Key", "Group Key", "Workers", "Triggers"}), "Item"
_DEEPEST = 200


def of_yaml(text: str) -> dict[str, Any] | None:
    """What a plan in YAML says; None where it is none."""
    top: dict[str, Any] = {}
    # What is open: the column at which its entries stand, and what they are put into.
    open_parts: list[tuple[int, Any]] = [(0, top)]
    for line in text.split("\n"):
        found = _ENTRY.match(line)
        if found is None or not line.strip() or len(open_parts) > _DEEPEST:
            continue
        at = len(found["indent"])
        while len(open_parts) > 1 and open_parts[-1][0] > at:
            open_parts.pop()
        column, into = open_parts[-1]
        if found["item"] and isinstance(into, list):
            if found["name"] is None:
                into.append(_value(found["value"]))
                continue
            entry: dict[str, Any] = {}
            into.append(entry)
            at, into = at + 2, entry
            open_parts.append((at, into))
        if isinstance(into, list) or found["name"] is None or column > at:
            continue
        value = found["value"].strip()
        if value:
            into[found["name"]] = _value(value)
        else:
            inner: Any = [] if found["name"] in _LISTS else {}
            into[found["name"]] = inner
            open_parts.append((at + 1, inner))
    return top if isinstance(top.get("Plan"), dict) else None


def _value(written: str) -> Any:
    text = written.strip()
    if text.startswith('"'):
        try:
            return json.loads(text)
        except ValueError:
            return text.strip('"')
    return float(text) if _NUMBER.fullmatch(text) else text


def of_xml(text: str) -> dict[str, Any] | None:
    """What a plan in XML says; None where it is none."""
    top: dict[str, Any] = {}
    open_tags: list[tuple[str, Any, list[str]]] = [("", top, [])]
    for found in _TAG.finditer(text):
        name, into, said = open_tags[-1]
        if found["text"] is not None:
            said.append(found["text"])
        elif found["end"]:
            if len(open_tags) > 1:
                open_tags.pop()
                _put(open_tags[-1][1], name, into or _plain("".join(said)))
        elif not found["empty"]:
            if len(open_tags) > _DEEPEST:
                return None
            tag = found["name"].replace("-", " ")
            open_tags.append((tag, [] if tag in _LISTS else {}, []))
    explained = top.get("explain", {})
    told: Any = explained.get("Query", explained) if isinstance(explained, dict) else {}
    return told if isinstance(told, dict) and isinstance(told.get("Plan"), dict) else None


def _put(into: Any, name: str, value: Any) -> None:
    if isinstance(into, list):
        into.append(value)
    else:
        into[name] = value


def _plain(written: str) -> Any:
    text = written
    for entity, sign in _ENTITIES:
        text = text.replace(entity, sign)
    return float(text) if _NUMBER.fullmatch(text) else text
