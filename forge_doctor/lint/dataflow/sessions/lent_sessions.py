"""A session that a middleware puts into the dict it was given, for the handler behind it; looks into no handler."""

from __future__ import annotations

import re

from forge_doctor.code.syntax.nodes import Await, Call, Name, Subscript


def lent_with(target: Subscript) -> Call | None:
    """The call that is awaited with the dict of `data["session"] = session`, where nothing in the file takes the
    session out of it again to close it."""
    function, held = target.function, target.value
    if function is None or not isinstance(held, Name) or held.text not in function.param_names:
        return None
    key = b"".join(re.escape(item.text).encode() for item in target.items)
    taken = rb"\[" + key + rb"\]\s*\.\s*(?:a?close|__aexit__)\b|(?:get|pop)\(" + key + rb"\b"
    if re.search(taken, function.file.data):
        return None
    awaited = (one.value for one in function.find(Await, nested=False) if one.start > target.end)
    calls = (one for one in awaited if isinstance(one, Call))
    return next((one for one in calls if any(given.text == held.text for given in one.args)), None)
