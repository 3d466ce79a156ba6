"""Exceptions as error reporters have them: objects with places in code, in the layouts of public ones, and in drawn ones."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tests.support.log_carriers import milli

SITE = "/usr/lib/python3.13/site-packages/"


class Call(NamedTuple):
    """A place in code."""

    file: str
    line: int
    function: str
    code: str


class Raised(NamedTuple):
    """An exception with the calls that led to it, the outermost first."""

    at: float
    kind: str
    words: str
    calls: tuple[Call, ...]

    @property
    def name(self) -> str:
        """The class without its module."""
        return self.kind.rpartition(".")[2]


def list_of(calls: Sequence[Call], *names: str, upside_down: bool = False) -> list[dict[str, Any]]:
    """The calls with their file, line, function and code under these names."""
    several = calls[::-1] if upside_down else calls
    return [dict(zip(names, call, strict=False)) for call in several]


def sentry_api(one: Raised) -> object:
    """An event as Sentry's API has it."""
    frames = [
        {"filename": call.file, "absPath": call.file, "lineNo": call.line, "colNo": None, "function": call.function}
        | {"context": [[call.line - 1, "x = 1"], [call.line, call.code]], "inApp": not call.file.startswith(SITE)}
        for call in one.calls
    ]
    value = {
        "type": one.name,
        "module": one.kind.rpartition(".")[0],
        "value": one.words,
        "stacktrace": {"frames": frames},
    }
    crumbs = {
        "values": [{"timestamp": milli(one.at - 1), "level": "info", "message": None, "data": {"status_code": 200}}]
    }
    entries = [{"type": "exception", "data": {"values": [value]}}, {"type": "breadcrumbs", "data": crumbs}]
    tags = [{"key": "level", "value": "error"}]
    about = {"eventID": "a1", "groupID": "7", "entries": entries, "message": "", "title": f"{one.name}: {one.words}"}
    return about | {"platform": "python", "dateCreated": milli(one.at), "tags": tags, "errors": [], "type": "error"}


def bugsnag(one: Raised) -> object:
    """An event as Bugsnag's API has it."""
    stack = list_of(one.calls, "file", "lineNumber", "method", upside_down=True)
    raised = {"errorClass": one.kind, "message": one.words, "type": "python", "stacktrace": stack}
    return {
        "id": "5f",
        "received_at": milli(one.at),
        "exceptions": [raised],
        "severity": "error",
        "context": "GET /carts",
    }


def rollbar(one: Raised) -> object:
    """An occurrence as Rollbar's API has it."""
    trace = {"frames": list_of(one.calls, "filename", "lineno", "method", "code")}
    raised = {"class": one.name, "message": one.words}
    return {
        "id": 1,
        "timestamp": int(one.at),
        "data": {"level": "error", "body": {"trace": trace | {"exception": raised}}},
    }


def honeybadger(one: Raised) -> object:
    """A notice as Honeybadger's API has it."""
    stack = list_of(one.calls, "file", "number", "method", upside_down=True)
    stack = [call | {"number": str(call["number"])} for call in stack]
    return {"id": "b", "created_at": milli(one.at), "class": one.kind, "message": one.words, "backtrace": stack}


def airbrake(one: Raised) -> object:
    """A notice as Airbrake has it."""
    stack = list_of(one.calls, "file", "line", "function", upside_down=True)
    error = {"type": one.kind, "message": one.words, "backtrace": stack}
    return {"errors": [error], "context": {"severity": "error"}, "createdAt": milli(one.at)}


def raygun(one: Raised) -> object:
    """A message as Raygun has it."""
    stack = list_of(one.calls, "fileName", "lineNumber", "methodName", upside_down=True)
    error = {"className": one.kind, "message": one.words, "stackTrace": stack}
    return {"occurredOn": milli(one.at), "details": {"machineName": "web-1", "error": error}}


def application_insights(one: Raised) -> object:
    """An exception as Application Insights takes it."""
    stack = list_of(one.calls, "fileName", "line", "method", upside_down=True)
    error = {"id": 1, "outerId": 0, "typeName": one.kind, "message": one.words, "parsedStack": stack}
    return {"time": milli(one.at), "data": {"baseType": "ExceptionData", "baseData": {"exceptions": [error]}}}


def posthog(one: Raised) -> object:
    """An event as PostHog has it."""
    frames = list_of(one.calls, "abs_path", "lineno", "function", "context_line")
    error = {"type": one.name, "value": one.words, "stacktrace": {"type": "raw", "frames": frames}}
    return {"event": "$exception", "timestamp": milli(one.at), "properties": {"$exception_list": [error]}}


def twisted(one: Raised) -> object:
    """A record as Twisted's observer for JSON writes it."""
    frames = [[call.function, call.file, call.line, [], []] for call in one.calls]
    module, _, name = one.kind.rpartition(".")
    failure = {"type": {"__module__": module, "__name__": name}, "value": one.words, "frames": frames, "stack": []}
    return {
        "log_failure": failure,
        "log_level": {"name": "critical"},
        "log_format": "could not {n}",
        "log_time": one.at,
    }


REPORTERS: dict[str, Callable[[Raised], object]] = {
    one.__name__: one
    for one in (sentry_api, bugsnag, rollbar, honeybadger, airbrake, raygun, application_insights, posthog, twisted)
}


def drawn(seed: int) -> Callable[[Raised], object]:
    """A layout that nobody has: names out of those in use, however deep."""
    draw = random.Random(seed)
    key, upside_down = draw.choice([("frames", False), ("stack", False), ("backtrace", True), ("stackTrace", True)])
    names = [
        draw.choice(some) for some in (("file", "filename", "path"), ("lineno", "lineNumber"), ("function", "method"))
    ]
    kind, words = draw.choice(("type", "class", "errorClass")), draw.choice(("value", "message", "description"))
    around = draw.sample(("error", "exception", "details", "data", "body"), draw.randint(0, 3))

    def layout(one: Raised) -> object:
        stack = list_of(one.calls, *names, upside_down=upside_down)
        held: object = {kind: one.kind, words: one.words, key: stack}
        for name in around:
            held = {name: held}
        return {"timestamp": milli(one.at), "report": held}

    return layout


def lines(layout: Callable[[Raised], object], several: Sequence[Raised]) -> str:
    """A record a line."""
    return "".join(json.dumps(layout(one)) + "\n" for one in several)


def answer(layout: Callable[[Raised], object], several: Sequence[Raised]) -> str:
    """What an API answers with."""
    return json.dumps([layout(one) for one in several], indent=2)
