"""Requests that failed in the server, by access logs: which routes, how often; nothing is read but those lines."""

from __future__ import annotations

import functools
import re

from forge_doctor.redaction import redact
from forge_doctor.regex import regex
from forge_doctor.streams.carriers.line_format import ANSI

# Hypercorn writes the version of HTTP without its name.
FAILED = regex(rb'(?:HTTP/[\d.]+|(?<= )[123](?:\.\d)?)(?:\x1b\[[\d;]*m)*\\?" (?:\x1b\[[\d;]*m)*5\d\d\b')
# What asks whether a service may get requests yet: 503 is its answer, and no request that failed.
_PROBE = regex(
    r"(?:GET|HEAD) /(?:[\w-]{1,40}/){0,3}(?:healthz?|livez?|readyz?|liveness|readiness|health[_-]?check|ready|alive|ping|up|status)/?$"
)
_UNAVAILABLE = regex(rb'[ :="m]503\b')
LONGEST_LINE = 2_000
_METHOD = rb"(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)"
_REQUEST = regex(rb"\b" + _METHOD + rb" (\S+) $")
# Fields of JSON, whose quotes may be escaped once, and of logfmt. A path is what a server was asked for: an address that
# begins with a scheme is what a client asks for, but in Google's `requestUrl`.
_KEY, _IS = rb'\\?"[\w.]{0,40}', rb'\\?": ?(?:\\?")?'
_STATUS_FIELD = regex(_KEY + rb"(?:[sS]tatus|[cC]ode)" + _IS + rb"50[0234]\b")
_METHOD_FIELD = regex(_KEY + rb"[mM]ethod" + _IS + _METHOD + rb"\b")
_PATH_FIELD = regex(
    _KEY
    + rb"(?:[pP]ath|[uU]ri|[uU]rl|target)"
    + _IS
    + rb'(/[^"\\\s]*)'
    + rb'|"requestUrl'
    + _IS
    + rb'https?://[^/"\s]*(/[^"\\\s]*)'
)
_STATUS_PAIR = regex(rb"\b(?:\w{0,40}[sS]tatus|\w{0,40}[cC]ode)=\"?50[0234]\b")
_METHOD_PAIR = regex(rb"\b\w{0,40}[mM]ethod=\"?" + _METHOD + rb"\b")
_PATH_PAIR = regex(rb"\b\w{0,40}(?:[pP]ath|[uU]ri|[uU]rl)=\"?(/[^\"\s]*)")
# A load balancer of AWS: its own answer, and the target's, which may have given none.
_BALANCER = regex(rb' 50[0234] (?:50[0234]|-) \d+ \d+ "' + _METHOD + rb" \w+://[^/ ]*(/\S*) HTTP/")
# HAProxy's: the status, bytes, two cookies, how the session ended, connections, queues, headers, then the request.
_PROXIED = regex(
    rb" 50[0234] \+?\d{1,15} \S{1,200} \S{1,200} [\w-]{2,4} \d+(?:/\+?\d+){4} \d+/\d+ (?:\{[^}\n]{0,1000}\} ){0,2}\""
    + _METHOD
    + rb" (?:\w+://[^/ ]*)?(/\S*)"
)
# What projects write themselves: the request without quotes, its status behind it, nothing but signs between them.
# A number of bytes or of milliseconds is no status. The search begins with the path: a search for bytes is fast.
_UNQUOTED = regex(
    rb" (/[^\s\"']{0,2000})(?: HTTP/[\d.]{1,3})?[ \t|,;:=>()\[\]-]{1,12}(?:status(?:_code)?[=: ]{1,2})?50[0234]"
    rb"(?=[\s,;)\]|]|$)(?! (?:bytes|[kKMG]?i?B|m?s|rows|items)\b)"
)
_METHOD_BEFORE = regex(rb"(?:^|[^\w/\"'])" + _METHOD + rb"$")
_LONGEST_METHOD = len("OPTIONS")
_FIELDS = ((_STATUS_FIELD, _METHOD_FIELD, _PATH_FIELD), (_STATUS_PAIR, _METHOD_PAIR, _PATH_PAIR))
# What no field is without. It begins with bytes of its own: expressions that do not are slow to find nothing.
_FIELD_VALUE = regex(rb'50[0234](?:(?<=[:="]...)|(?<=: ...))')
_VARIABLE = regex(r"/(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,})(?=/|$)", re.IGNORECASE)


def request_in(before: bytes) -> str:
    """The route in a line of an access log up to its HTTP/1.1; empty where there is none."""
    found = _REQUEST.search(ANSI.sub(b"", before))
    return general_route(f"{found[1].decode()} {found[2].decode('utf-8', 'replace')}") if found else ""


def general_route(route: str) -> str:
    """The route without its query, its numbers as `{id}`."""
    return _redacted(_VARIABLE.sub("/{id}", route.partition("?")[0]))


def tells_failed(line: bytes) -> bool:
    """Whether a line, which is no error's for it, says that a request failed."""
    return bool(_failed_request(line))


def failed_line(window: bytearray, place: int) -> tuple[int, bytes, str]:
    """Where the line around a place in a window begins, the line, and its route, empty where no request failed there."""
    begin = window.rfind(b"\n", max(0, place - LONGEST_LINE), place) + 1
    end = window.find(b"\n", place, place + LONGEST_LINE)
    line = bytes(window[begin : end if end >= 0 else place + LONGEST_LINE])
    route = _failed_request(line)
    if route and _PROBE.match(route) and _UNAVAILABLE.search(line):
        route = ""
    return begin, line, route


def _failed_request(line: bytes) -> str:
    """The route of a request that the line says to have failed, in any of the forms of access logs; else empty."""
    failed = FAILED.search(line) if b'" 5' in line or b"\x1b" in line else None
    if failed and (route := request_in(line[: failed.start()])):
        return route
    # A request stands in quotes there: to look for those first takes a tenth of what an expression does.
    for form in (_BALANCER, _PROXIED) if b'"' in line else ():
        if told := form.search(line):
            return _route_of(told[1], told[2])
    for told in _UNQUOTED.finditer(line):
        begin = told.start()
        if asked := _METHOD_BEFORE.search(line[max(0, begin - _LONGEST_METHOD - 1) : begin]):
            return _route_of(asked[1], told[1])
    for status, method, path in _FIELDS if _FIELD_VALUE.search(line) else ():
        if status.search(line) and (asked := method.search(line)) and (named := path.search(line)):
            return _route_of(asked[1], named[named.lastindex or 1])
    return ""


def _route_of(method: bytes, path: bytes) -> str:
    return general_route(f"{method.decode()} {path.decode('utf-8', 'replace')}")


@functools.lru_cache(maxsize=4096)
def _redacted(route: str) -> str:
    return redact(route)
