"""Containers whose logs are asked for: which they are, where their log files lie, and the API's stream of them.

Reads and inspects only; starts, stops and changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forge_doctor.check import nearest
from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.probes.docker_frames import Demultiplexer, cri_lines

SERVICE, PROJECT = "com.docker.compose.service", "com.docker.compose.project"
UNREADABLE_DRIVERS = {"none"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerLog:
    """A container and where its log is; `log_path` is None where the Engine keeps none that we may read."""

    id: str
    name: str
    service: str
    driver: str
    tty: bool
    running: bool
    log_path: Path | None


def find_container_logs(words: Iterable[str]) -> tuple[ContainerLog, ...]:
    """The containers the words name, each once: by name, id, beginning of an id, compose service or project, or label.

    Raises `CannotInspect` without an Engine or for a word that names none.
    """
    with engine() as client:
        known = ask(client.api.containers, all=True)
        found: dict[str, ContainerLog] = {}
        for word in words:
            for entry in matching(known, word):
                found.setdefault(entry["Id"], describe(ask(client.api.inspect_container, entry["Id"])))
    return tuple(found.values())


def matching(known: list[dict[str, Any]], word: str) -> list[dict[str, Any]]:
    """The entries of the Engine's list that a word names; the first rule that fits decides."""
    rules: tuple[Callable[[dict[str, Any]], bool], ...] = (
        lambda entry: word in names(entry) or word == entry["Id"],
        lambda entry: entry["Labels"].get(SERVICE) == word,
        lambda entry: entry["Labels"].get(PROJECT) == word,
        lambda entry: has_label(entry["Labels"], word),
        lambda entry: len(word) > 1 and entry["Id"].startswith(word),
    )
    for rule in rules:
        if found := [entry for entry in known if rule(entry)]:
            if rule is rules[-1] and len(found) > 1:
                raise UsageProblem(f"{word}: is the beginning of {len(found)} container ids: give more of it")
            return found
    if not known:
        raise CannotInspect(f"{word}: no such file, and the Docker Engine has no containers")
    options = [name for entry in known for name in names(entry)]
    raise CannotInspect(f"{word}: no such file or container{nearest(word, options)}")


def names(entry: Mapping[str, Any]) -> list[str]:
    """The container's names without their slash."""
    return [name.removeprefix("/") for name in entry.get("Names") or ()]


def has_label(labels: Mapping[str, str], word: str) -> bool:
    """Whether `key=value`, or a key with a dot in it, is one of the labels."""
    key, equals, value = word.partition("=")
    return labels.get(key) == value if equals else "." in key and key in labels


def describe(details: Mapping[str, Any]) -> ContainerLog:
    """What the Engine says of one container; raises `CannotInspect` where it keeps no log."""
    name = details["Name"].removeprefix("/")
    driver = details["HostConfig"]["LogConfig"]["Type"]
    if driver in UNREADABLE_DRIVERS:
        raise CannotInspect(
            f"{name}: has logging driver 'none', which keeps nothing: start it with --log-driver json-file or local"
        )
    path = Path(details["LogPath"]) if driver == "json-file" and details.get("LogPath") else None
    return ContainerLog(
        id=details["Id"],
        name=name,
        service=(details["Config"].get("Labels") or {}).get(SERVICE, ""),
        driver=driver,
        tty=bool(details["Config"]["Tty"]),
        running=bool(details["State"]["Running"]),
        log_path=path if path is not None and os.access(path, os.R_OK) else None,
    )


def is_running(container_id: str) -> bool:
    """Whether the container still runs; a removed one does not."""
    import docker.errors

    with engine() as client:
        try:
            return bool(client.api.inspect_container(container_id)["State"]["Running"])
        except docker.errors.NotFound:
            return False


def stream_log(
    log: ContainerLog, *, since: float | None = None, until: float | None = None, tail: int | None = None, follow: bool
) -> Iterator[bytes]:
    """The log through the API, each message a line with its time: CRI notation, or `docker logs -t` for a TTY."""
    import requests

    with engine() as client:
        wanted = {
            "stdout": 1,
            "stderr": 1,
            "timestamps": 1,
            "follow": int(follow),
            "tail": "all" if tail is None else tail,
        }
        wanted |= {key: f"{moment:.9f}" for key, moment in (("since", since), ("until", until)) if moment is not None}
        api = client.api
        url = f"{api.base_url}/v{api.api_version}/containers/{log.id}/logs"
        try:
            with api.get(url, params=wanted, stream=True, timeout=None if follow else 60) as response:
                refuse(log, response)
                pieces = response.iter_content(None if follow else 1 << 18)
                yield from pieces if log.tty else demultiplexed(pieces)
        except requests.RequestException as error:
            raise CannotInspect(f"{log.name}: the Docker Engine broke off its log: {error}") from error


def demultiplexed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Each piece's complete messages, as lines."""
    frames = Demultiplexer()
    for piece in pieces:
        yield b"".join(cri_lines(stream, message) for stream, message in frames.feed(piece))
    yield b"".join(cri_lines(stream, message) for stream, message in frames.finish())


def refuse(log: ContainerLog, response: Any) -> None:
    """Raise `CannotInspect` with the Engine's own words where it gives no log."""
    if response.status_code < 400:
        return
    said = response.json().get("message", "") if "json" in response.headers.get("Content-Type", "") else response.text
    raise CannotInspect(
        f"{log.name}: the Docker Engine refuses its log (logging driver {log.driver!r}): {said.strip()}: "
        f"pass the file that the driver writes, or use the driver json-file or local"
    )


def engine() -> Any:
    """A client of the Docker Engine as a context; raises `CannotInspect` where none answers."""
    from contextlib import closing

    import docker
    import docker.errors

    try:
        return closing(docker.from_env())
    except docker.errors.DockerException as error:
        raise CannotInspect(
            f"the Docker Engine does not answer ({error}): start it, or set DOCKER_HOST, or pass log files"
        ) from error


def ask(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The Engine's answer; raises `CannotInspect` for its errors."""
    import docker.errors
    import requests

    try:
        return call(*args, **kwargs)
    except docker.errors.NotFound as error:
        raise CannotInspect(f"the container is gone: {error.explanation}") from error
    except (docker.errors.APIError, requests.RequestException) as error:
        raise CannotInspect(
            f"the Docker Engine does not answer ({error}): is it running, and may you use it?"
        ) from error
