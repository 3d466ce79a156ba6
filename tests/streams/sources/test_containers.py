"""Logs of real containers: directly and through the API, whatever the driver, the terminal and the state."""

from __future__ import annotations

import gc
import json
import re
import shutil
import subprocess
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.errors import CannotInspect
from forge_doctor.logs.collect import Task, collect, opened
from forge_doctor.logs.culprit import Rules
from forge_doctor.logs.follow import Followed, FollowLoop
from forge_doctor.logs.followed import followed
from forge_doctor.logs.scan.wanted import wanted_lines
from forge_doctor.probes.docker.container_logs import ContainerLog, find_container_logs
from forge_doctor.probes.docker.frames import STREAMS, Demultiplexer, cri_lines
from forge_doctor.streams.sources.containers import ContainerSource
from tests.support.docker_engine import LogContainer
from tests.support.stalling_engine import stalling_engine

docker = pytest.mark.docker

SPAM = "for i in $(seq 1 {count}); do echo line $i; echo oops $i >&2; done"


def found(container: Any) -> ContainerLog:
    (log,) = find_container_logs(container.name)
    return log


def content(source: ContainerSource) -> bytes:
    stream, got, buffer = source.open(), b"", bytearray(50_000)
    while count := stream.readinto(memoryview(buffer)):
        got += buffer[:count]
    stream.close()
    return got


def unique_beginning(engine: Any, container: Any) -> str:
    """As much of its id as no other container of the engine shares."""
    others = [other["Id"] for other in engine.api.containers(all=True) if other["Id"] != container.id]
    return next(
        container.id[:n] for n in range(3, 12) if not any(other.startswith(container.id[:n]) for other in others)
    )


def messages(text: bytes) -> list[str]:
    """The messages of a log in json-file, CRI or `-t` form."""
    lines = text.decode().splitlines()
    if lines and lines[0].startswith("{"):
        return [json.loads(line)["log"].rstrip("\r\n") for line in lines]
    return [re.sub(r"^\S+ (?:std\w+ [FP] )?", "", line) for line in lines]


@docker
@pytest.mark.parametrize("driver", ["json-file", "local"])
def test_both_streams_of_an_exited_container_are_read(log_container: LogContainer, driver: str) -> None:
    log = found(log_container(SPAM.format(count=200), log_config={"type": driver}))
    source = ContainerSource(log=log)
    said = messages(content(source))
    assert [line for line in said if line.startswith("line")] == [f"line {i}" for i in range(1, 201)]
    assert [line for line in said if line.startswith("oops")] == [f"oops {i}" for i in range(1, 201)]
    assert (
        source.way
        == {
            "json-file": "container, its json file read directly",
            "local": "container, through the Docker API (logging driver local)",
        }[driver]
    )


@docker
def test_the_api_tells_streams_times_and_cut_lines(log_container: LogContainer) -> None:
    script = "echo out; echo err >&2; head -c 40000 /dev/zero | while read -r x; do :; done; yes x | head -c 40000 | "
    script += "while read -r x; do printf x; done; echo"
    log = found(log_container(script, log_config={"type": "local"}))
    lines = content(ContainerSource(log=log)).splitlines()
    assert all(re.match(rb"\d{4}-\d\d-\d\dT[\d:.]+Z std(out|err) [FP] ", line) for line in lines)
    assert {line.partition(b" ")[2] for line in lines[:2]} == {b"stdout F out", b"stderr F err"}
    tags = [line.split(b" ")[2] for line in lines[2:]]
    assert tags == [b"P"] * (len(tags) - 1) + [b"F"] != [b"F"]
    assert sum(len(line.split(b" ", 3)[3]) for line in lines[2:]) == 20_000


@docker
def test_a_terminal_s_log_is_read_as_it_is(log_container: LogContainer) -> None:
    container = log_container(SPAM.format(count=3), tty=True, log_config={"type": "local"})
    said = messages(content(ContainerSource(log=found(container))))
    assert said == [word for i in (1, 2, 3) for word in (f"line {i}", f"oops {i}")]


@docker
def test_a_running_container_s_log_is_what_it_has_written_so_far(log_container: LogContainer) -> None:
    container = log_container("echo up; exec sleep 60", wait=False)
    wait_for(container, b"up")
    log = found(container)
    assert log.running
    assert messages(content(ContainerSource(log=log))) == ["up"]


@docker
def test_rotated_and_packed_parts_are_read_oldest_first(log_container: LogContainer) -> None:
    options = {"type": "json-file", "config": {"max-size": "8k", "max-file": "4", "compress": "true"}}
    container = log_container(SPAM.format(count=300) + "; sleep 1", log_config=options)
    source = ContainerSource(log=found(container))
    said = [line for line in messages(content(source)) if line.startswith("line")]
    assert len(source.paths()) == 4
    assert said == [f"line {i}" for i in range(301 - len(said), 301)]
    assert len(said) > 50
    assert source.way.endswith("(4 rotated files)")


@docker
@pytest.mark.parametrize("compress", ["true", "false"])
def test_since_and_until_give_what_the_engine_gives(log_container: LogContainer, compress: str) -> None:
    script = "for i in $(seq 1 400); do echo line $i; [ $((i % 40)) = 0 ] && sleep 0.05; done; sleep 1"
    options = {"type": "json-file", "config": {"max-size": "10k", "max-file": "5", "compress": compress}}
    container = log_container(script, log_config=options)
    log = found(container)
    entries = [json.loads(line) for line in content(ContainerSource(log=log)).splitlines()]
    whole = [entry["log"].strip() for entry in entries]
    times = [seconds(entry["time"]) for entry in entries]
    for since, until in (
        (times[30], None),
        (None, times[-60]),
        (times[len(times) // 2], times[-20]),
        (times[-1] + 5, None),
    ):
        said = messages(content(ContainerSource(log=log, since=since, until=until)))
        low, high = since or 0, until or 1e12
        # The Engine's times have nanoseconds, ours microseconds.
        sure = [one for one, at in zip(whole, times, strict=True) if low + 2e-6 < at < high - 2e-6]
        possible = [one for one, at in zip(whole, times, strict=True) if low - 2e-6 < at < high + 2e-6]
        assert set(sure) <= set(said) <= set(possible)
        assert said == [one for one in whole if one in set(said)]


@docker
def test_the_last_lines_come_from_the_engine(log_container: LogContainer) -> None:
    log = found(log_container("seq 1 5000"))
    source = ContainerSource(log=log, tail=3)
    assert messages(content(source)) == ["4998", "4999", "5000"]
    assert source.way == "container, through the Docker API (its last lines, which the Engine reads from the end)"


@docker
def test_a_log_that_this_user_may_not_read_comes_from_the_engine(log_container: LogContainer) -> None:
    log = found(log_container("echo said"))
    assert log.log_path is not None
    source = ContainerSource(log=replace(log, log_path=None))
    assert messages(content(source)) == ["said"]
    assert source.way == (
        "container, through the Docker API (this user may not read its json file: with sudo it is read directly)"
    )


@contextmanager
def immutable(path: Path) -> Iterator[None]:
    """A file that nobody can delete, the Engine included."""
    chattr = shutil.which("chattr")
    if chattr is None or subprocess.run([chattr, "+i", path], capture_output=True).returncode:
        pytest.skip(f"needs to be root where the Engine keeps its files: {path} can't be made immutable")
    try:
        yield
    finally:
        subprocess.run([chattr, "-i", path], check=True)


@docker
def test_a_container_that_died_in_its_removal_still_says_what_it_had_to_say(
    docker_engine: Any, log_container: LogContainer
) -> None:
    import docker.errors

    container = log_container("echo said; echo more; touch /kept")
    layer = docker_engine.api.inspect_container(container.id)["GraphDriver"]["Data"].get("UpperDir", "")
    with immutable(Path(layer) / "kept"):
        with pytest.raises(docker.errors.APIError, match="failed to remove root filesystem"):
            container.remove()
        assert docker_engine.api.inspect_container(container.id)["State"]["Dead"]
        log = found(container)
        assert messages(content(ContainerSource(log=log))) == ["said", "more"]
        with pytest.raises(CannotInspect, match=f"{container.name}: the Docker Engine refuses its log .* dead"):
            content(ContainerSource(log=replace(log, log_path=None)))
        last = opened(Task(source=ContainerSource(log=log, tail=1), rules=Rules(), tail=1))
        assert messages(last.read()) == ["more"]


@docker
def test_a_driver_that_keeps_nothing_and_a_silent_container_are_named(log_container: LogContainer) -> None:
    mute = log_container("echo lost", log_config={"type": "none"})
    with pytest.raises(CannotInspect, match=f"{mute.name}: has logging driver 'none'"):
        find_container_logs(mute.name)
    for driver in ("json-file", "local"):
        silent = log_container("true", log_config={"type": driver})
        with pytest.raises(CannotInspect, match=f"{silent.name}: has logged nothing"):
            content(ContainerSource(log=found(silent)))


@docker
def test_containers_are_found_by_every_name_they_have(docker_engine: Any, log_container: LogContainer) -> None:
    mark = uuid.uuid4().hex[:8]
    shop, api, team = f"shop-{mark}", f"api-{mark}", f"team.{mark}"
    labels = {"com.docker.compose.project": shop, "com.docker.compose.service": api, team: "blue"}
    first = log_container("true", labels=labels)
    second = log_container("true", labels={**labels, "com.docker.compose.service": f"db-{mark}"})
    for word in (first.name, first.id, first.id[:12], unique_beginning(docker_engine, first), api):
        assert [log.id for log in find_container_logs(word)] == [first.id]
    for word in (shop, f"{team}=blue", team):
        assert {log.id for log in find_container_logs(word)} == {first.id, second.id}
    with pytest.raises(CannotInspect, match=f"{first.name}x: no such file or container; did you mean '{first.name}'"):
        find_container_logs(first.name + "x")


def test_no_engine_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with warnings.catch_warnings():
        # The SDK leaves the socket open that could not connect.
        warnings.simplefilter("ignore", ResourceWarning)
        with pytest.raises(CannotInspect, match=r"^x: no such file, and no Docker Engine answers; start it"):
            find_container_logs("x")
        gc.collect()


@docker
def test_what_came_before_the_engine_stalled_is_read_and_the_stall_is_said(
    log_container: LogContainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = log_container(SPAM.format(count=1000), log_config={"type": "local"})
    monkeypatch.setattr("forge_doctor.probes.docker.container_logs.SILENCE_S", 0.5)
    with stalling_engine(log_bytes=20_000) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        read = collect(Task(source=ContainerSource(log=found(container)), rules=Rules()))
    assert read.problem == f"{container.name}: the Docker Engine broke off its log: nothing came for 0.5 s"
    assert 100 < read.summary.lines < 2000


@docker
@pytest.mark.parametrize("tty", [False, True])
@pytest.mark.parametrize("driver", ["json-file", "local"])
def test_following_over_rotations_repeats_and_misses_nothing(
    log_container: LogContainer, driver: str, tty: bool
) -> None:
    script = "for i in $(seq 1 60); do echo ERROR line $i; sleep 0.02; done"
    options = {"type": driver, "config": {"max-size": "2k", "max-file": "3"}}
    container = log_container(script, wait=False, tty=tty, log_config=options)
    said = read_on(followed(ContainerSource(log=found(container)), None))
    assert re.findall(rb"ERROR line (\d+)", said) == [b"%d" % i for i in range(1, 61)]


@docker
@pytest.mark.parametrize("driver", ["json-file", "local"])
def test_a_container_removed_while_it_is_followed_ends_the_following(log_container: LogContainer, driver: str) -> None:
    container = log_container("echo ERROR once; exec sleep 60", wait=False, log_config={"type": driver})
    wait_for(container, b"once")
    loop, removed = (
        FollowLoop([followed(ContainerSource(log=found(container)), None)], wanted_lines(), time.sleep),
        False,
    )
    deadline = time.monotonic() + 20
    for region in loop.regions():
        assert time.monotonic() < deadline
        if region is not None and not removed:
            assert b"ERROR once" in region.data
            container.remove(force=True)
            removed = True
    assert removed
    assert not loop.problems


def read_on(log: Followed, limit_s: float = 20) -> bytes:
    """All regions of a followed log until it ends by itself."""
    deadline = time.monotonic() + limit_s
    got = b""
    for region in FollowLoop([log], wanted_lines(), time.sleep).regions():
        got += region.data if region else b""
        assert time.monotonic() < deadline
    return got


def wait_for(container: Any, word: bytes) -> None:
    deadline = time.monotonic() + 20
    while word not in container.logs():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def seconds(moment: str) -> float:
    from datetime import datetime

    whole, _, fraction = moment.removesuffix("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{fraction or 0}")


FRAMES = st.lists(st.tuples(st.sampled_from(sorted(STREAMS)), st.binary(max_size=300)), max_size=20)


def framed(frames: list[tuple[int, bytes]]) -> bytes:
    return b"".join(bytes([kind, 0, 0, 0]) + len(data).to_bytes(4, "big") + data for kind, data in frames)


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    at = 0
    for cut in cuts:
        yield data[at : at + cut]
        at += cut
    yield data[at:]


@given(FRAMES, st.lists(st.integers(1, 50), max_size=60))
def test_frames_survive_any_cut(frames: list[tuple[int, bytes]], cuts: list[int]) -> None:
    demultiplexer = Demultiplexer()
    got = [pair for piece in pieces(framed(frames), cuts) for pair in demultiplexer.feed(piece)]
    assert [*got, *demultiplexer.finish()] == [(STREAMS[kind], data) for kind, data in frames]


@given(st.binary(max_size=400), st.lists(st.integers(1, 50), max_size=60))
def test_nonsense_is_passed_on_and_never_crashes(data: bytes, cuts: list[int]) -> None:
    demultiplexer = Demultiplexer()
    got = [pair for piece in pieces(data, cuts) for pair in demultiplexer.feed(piece)] + list(demultiplexer.finish())
    assert sum(len(message) for _, message in got) <= len(data)
    if data[:1] not in (b"\0", b"\1", b"\2", b"\3", b"") and len(data) >= 8:
        assert b"".join(message for _, message in got) == data


@given(
    st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b" ")), min_size=1, max_size=5), st.booleans()
)
def test_a_message_s_lines_are_all_written(lines: list[bytes], ended: bool) -> None:
    text = b"\n".join(lines) + (b"\n" if ended else b"")
    written = cri_lines(b"stderr", b"2026-11-22T08:00:00Z " + text)
    bodies = [line.split(b" ", 3)[3] for line in written.split(b"\n")[:-1]]
    assert b"".join(bodies) == text.replace(b"\n", b"")
