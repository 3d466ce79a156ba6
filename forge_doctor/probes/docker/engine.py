"""The SDK's client of the Docker Engine: each answer comes whole within a time and a size, or is refused in a sentence.

Whoever listens at DOCKER_HOST may drip, never end, send elsewhere, or say what no engine says.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from forge_doctor.errors import CannotInspect
from forge_doctor.redaction import redact

TIMEOUT_S = 5
WHOLE_ANSWER_S = 20.0
LONGEST_ANSWER = 64 << 20
PIECE = 1 << 16
LONGEST_REASON = 300
# What taking an answer apart raises where it is none.
_WRONG = (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError)


@contextmanager
def docker_client(asked: str = "--container: ") -> Iterator[Any]:
    """The client for DOCKER_HOST or the usual socket, whose `api` is asked; what it answers wrongly becomes
    `CannotInspect`, after `asked`: so answers are taken apart within the block."""
    client = None
    try:
        client = _client_class().from_env(timeout=TIMEOUT_S)
        yield client
    except _broken_exchanges() as error:
        raise CannotInspect(asked + _why_no_engine(error)) from error
    except _WRONG as error:
        raise CannotInspect(
            f"{asked}what listens at the Docker Engine's address gives other answers than one ({type(error).__name__})"
        ) from error
    finally:
        if client is not None:
            client.close()


@cache
def _client_class() -> Any:
    """The SDK's, with an `api` that sends in our way; loaded where an engine is asked."""
    import docker
    import docker.client

    class_of_api = type("BoundedAPI", (docker.APIClient,), {"send": _send})

    def made(self: Any, *arguments: Any, **options: Any) -> None:
        self.api = class_of_api(*arguments, **options)

    return type("BoundedClient", (docker.DockerClient,), {"__init__": made})


def _send(api: Any, request: Any, **options: Any) -> Any:
    """As a session sends, but no further than to this address; a body that is not streamed is read here."""
    import requests

    def exchange() -> Any:
        response = requests.Session.send(api, request, **{**options, "stream": True, "allow_redirects": False})
        if not options.get("stream"):
            response.raw = io.BytesIO(_whole(response.raw))
        return response

    return _in_time(exchange, WHOLE_ANSWER_S if options.get("timeout") else None)


def _whole(raw: Any) -> bytes:
    read = bytearray()
    for piece in raw.stream(PIECE, decode_content=True):
        read += piece
        if len(read) > LONGEST_ANSWER:
            raise ValueError("longer than any answer")
    return bytes(read)


def _in_time(exchange: Callable[[], Any], limit_s: float | None) -> Any:
    """What it gives. One that is not done in time is left to itself: it reads no more than an answer may be long."""
    if limit_s is None:
        return exchange()
    outcome: list[Any] = []
    failed: list[Exception] = []
    expected: tuple[type[Exception], ...] = (*_broken_exchanges(), OSError, *_WRONG)

    def run() -> None:
        try:
            outcome.append(exchange())
        except expected as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(limit_s)
    if failed:
        raise failed[0]
    if not outcome:
        raise TimeoutError
    return outcome[0]


def _broken_exchanges() -> tuple[type[Exception], ...]:
    """What the libraries below raise for an answer that does not come, breaks off or is no HTTP."""
    from http.client import HTTPException

    from docker.errors import DockerException
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    return DockerException, RequestException, HTTPError, HTTPException, TimeoutError


def _why_no_engine(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"the Docker Engine's answer was not whole within {WHOLE_ANSWER_S:g} s"
    chain = list(_causes(error))
    if any(isinstance(link, PermissionError) for link in chain):
        return "no permission to use the Docker Engine's socket; run as root or as a member of the group docker"
    if any(isinstance(link, FileNotFoundError | ConnectionError) for link in chain):
        return "no Docker Engine answers; start it, or set DOCKER_HOST to where it listens"
    if any("timed out" in str(link) for link in chain):
        return f"the Docker Engine did not answer within {TIMEOUT_S} s"
    return f"the Docker Engine refused: {redact(str(error), LONGEST_REASON)}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, and the errors requests and urllib3 keep as arguments."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        link = waiting.pop()
        if id(link) not in seen:
            seen.add(id(link))
            yield link
            linked = [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]
            waiting += [other for other in linked if isinstance(other, BaseException)]
