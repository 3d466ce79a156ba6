"""The logs of containers: where their files lie, and the API's stream of them; `containers` finds which are meant.

Reads and inspects only; starts, stops and changes nothing.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forge_doctor.dataclass import dataclass
from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.probes.docker.containers import SERVICE, find_containers
from forge_doctor.probes.docker.engine import docker_client
from forge_doctor.probes.docker.frames import Demultiplexer, cri_lines
from forge_doctor.probes.docker.repeated_entries import RepeatedEntries, unrepeated_lines

UNREADABLE_DRIVERS = {"none"}
SILENCE_S = 60
"""How long the Engine may say nothing: it looks for the beginning of `since` in the whole log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerLog:
    """A container and where its log is; `log_path` is None where the Engine keeps none that we may read.

    A `dead` one is left over from a removal that failed: the Engine no longer gives its log.
    """

    id: str
    name: str
    service: str
    driver: str
    tty: bool
    running: bool
    log_path: Path | None
    dead: bool = False


def find_container_logs(word: str) -> tuple[ContainerLog, ...]:
    """The logs of the containers that a word names as `find_containers` has it, running or not.

    Raises `CannotInspect` where there is none, or one that keeps no log.
    """
    import docker.errors

    try:
        found = find_containers([word], running=False, option="")
    except UsageProblem as problem:
        # The word may be a file that is missing today: the other sources are still to be read.
        raise CannotInspect(str(problem)) from problem
    with docker_client(f"{word}: ") as client:
        try:
            return tuple(describe(client.api.inspect_container(container.id)) for container in found)
        except docker.errors.NotFound as error:
            raise CannotInspect(f"{word}: was removed while it was looked up") from error


def describe(details: Mapping[str, Any]) -> ContainerLog:
    """What the Engine says of one container; raises `CannotInspect` where it keeps no log."""
    name = details["Name"].removeprefix("/")
    driver = details["HostConfig"]["LogConfig"]["Type"]
    if driver in UNREADABLE_DRIVERS:
        raise CannotInspect(
            f"{name}: has logging driver 'none', which keeps nothing: start it with --log-driver json-file or local"
        )
    told = Path(details["LogPath"]) if driver == "json-file" and details.get("LogPath") else None
    # Its own log has its id in its name. Where the engine is elsewhere, or lies, the path may lead to any file of ours.
    is_own = told is not None and details["Id"] in str(told) and os.access(told, os.R_OK) and told.is_file()
    return ContainerLog(
        id=details["Id"],
        name=name,
        service=(details["Config"].get("Labels") or {}).get(SERVICE, ""),
        driver=driver,
        tty=bool(details["Config"]["Tty"]),
        running=bool(details["State"]["Running"]),
        log_path=told if is_own else None,
        dead=bool(details["State"].get("Dead")),
    )


def is_running(container_id: str) -> bool:
    """Whether the container still runs; a removed one does not."""
    import docker.errors

    with docker_client("") as client:
        try:
            return bool(client.api.inspect_container(container_id)["State"]["Running"])
        except docker.errors.NotFound:
            return False


def stream_log(
    log: ContainerLog, *, since: float | None = None, until: float | None = None, tail: int | None = None, follow: bool
) -> Iterator[bytes]:
    """The log through the API, each message a line with its time: CRI notation, or `docker logs -t` for a TTY.

    The Engine finds `since`, `until` and `tail` by itself. What it repeats under `follow` is left out, and what it
    withheld is asked for once the container has ended: after a rotation it may follow no longer.
    """
    repeated = RepeatedEntries() if follow else None
    moments = (("since", since), ("until", until))
    wanted = {"tail": "all" if tail is None else str(tail)}
    wanted |= {key: f"{moment:.9f}" for key, moment in moments if moment is not None}
    yield from _streamed(log, {**wanted, "follow": str(int(follow))}, repeated)
    if repeated is not None and repeated.newest():
        # A container that is gone has nothing more to say.
        with contextlib.suppress(CannotInspect):
            yield from _streamed(log, {"since": as_since(repeated.newest())}, repeated)


def _streamed(log: ContainerLog, wanted: Mapping[str, str], repeated: RepeatedEntries | None) -> Iterator[bytes]:
    import requests

    follow = wanted.get("follow") == "1"
    with docker_client(f"{log.name}: ") as client:
        api = client.api
        url = f"{api.base_url}/v{api.api_version}/containers/{log.id}/logs"
        asked = {"stdout": "1", "stderr": "1", "timestamps": "1", **wanted}
        try:
            with api.get(url, params=asked, stream=True, timeout=None if follow else SILENCE_S) as response:
                refuse(log, response)
                pieces = response.iter_content(None if follow else 1 << 18)
                yield from lines_of(pieces, tty=log.tty, repeated=repeated)
        except requests.RequestException as error:
            why = f"nothing came for {SILENCE_S} s" if "timed out" in str(error) else str(error)
            raise CannotInspect(f"{log.name}: the Docker Engine broke off its log: {why}") from error


def as_since(moment: bytes) -> str:
    """A time as the Engine writes it in the form in which it asks for one, to the nanosecond."""
    whole, _, fraction = moment.decode().rstrip("Z").partition(".")
    return f"{datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp():.0f}.{fraction or 0}"


def lines_of(pieces: Iterable[bytes], *, tty: bool, repeated: RepeatedEntries | None) -> Iterator[bytes]:
    """The Engine's pieces as whole lines, or as they are where a terminal's log may hold no repeats."""
    if tty:
        return iter(pieces) if repeated is None else unrepeated_lines(pieces, repeated)
    return demultiplexed(pieces, (lambda _stream, _message: True) if repeated is None else repeated.is_new)


def demultiplexed(pieces: Iterable[bytes], wanted: Callable[[bytes, bytes], bool]) -> Iterator[bytes]:
    """Each piece's complete messages, as lines."""
    frames = Demultiplexer()
    for piece in pieces:
        yield b"".join(cri_lines(stream, message) for stream, message in frames.feed(piece) if wanted(stream, message))
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
