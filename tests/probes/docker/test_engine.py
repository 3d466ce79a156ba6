"""Whatever listens where a Docker Engine should: one sentence, in time, and no file of ours for a container's log."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.errors import CannotInspect
from forge_doctor.probes.docker import engine
from forge_doctor.probes.docker.container_logs import find_container_logs
from forge_doctor.probes.docker.containers import find_containers, read_container_processes
from forge_doctor.probes.docker.frames import Demultiplexer
from tests.support.lying_engine import ID, INSPECTED, lying_engine

TOP = f"/{ID}/top"
BEGUN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
NO_ANSWERS = "null", "7", '"x"', "[]", "[1]", "{}", '[{"Id": 5}]', '[{"Id": NaN}]', "[" * 100_000, "<html>"
PROCESSES = (
    "{}",
    '{"Titles": [1], "Processes": 7}',
    '{"Titles": ["PID", "PPID", "CMD"], "Processes": [["one", "two", "x"]]}',
    '{"Titles": ["PID", "PPID", "CMD"], "Processes": [["1"], []]}',
    '{"Titles": ["X"], "Processes": [["1"]]}',
)


def ask() -> None:
    read_container_processes(find_containers(["api"]))
    find_container_logs("api")


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        *(("/version", one) for one in NO_ANSWERS),
        *(("/containers/json", one) for one in NO_ANSWERS if one not in ("[]", "{}")),  # it has none
        *((f"/{ID}/json", one) for one in NO_ANSWERS),
        *((TOP, one) for one in PROCESSES),
        ("/version", b"\x00\xff no HTTP\r\n\r\n"),
        ("/containers/json", b"HTTP/1.1 302 Found\r\nLocation: /version\r\nContent-Length: 0\r\n\r\n"),
        ("/containers/json", BEGUN + b"zzz\r\n"),
    ],
)
def test_no_answer_of_an_engine_is_one_sentence(
    asked: str, answer: str | bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = {TOP: '{"Titles": ["PID", "PPID", "CMD"], "Processes": [["1", "0", "python"]]}'}
    with lying_engine({**true, asked: answer}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(CannotInspect) as caught:
            ask()
    assert "\n" not in str(caught.value)


def test_an_answer_that_drips_or_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WHOLE_ANSWER_S", 0.3)
    monkeypatch.setattr(engine, "LONGEST_ANSWER", 1 << 20)
    endless = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    for answer, said in ((BEGUN, "not whole within 0.3 s"), (BEGUN + endless * 2, "gives other answers than one")):
        with lying_engine({"/containers/json": answer}) as host:
            monkeypatch.setenv("DOCKER_HOST", host)
            with pytest.raises(CannotInspect, match=said):
                find_containers(["api"])


def test_a_log_that_an_engine_says_lies_in_another_file_is_not_read_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, own = tmp_path / "shadow", tmp_path / f"{ID}-json.log"
    for path in (other, own):
        path.write_text("x")
        told = INSPECTED.replace('"local"', '"json-file"').replace("{", f'{{"LogPath": "{path}",', 1)
        with lying_engine({f"/{ID}/json": told}) as host:
            monkeypatch.setenv("DOCKER_HOST", host)
            (log,) = find_container_logs("api")
        assert log.log_path == (own if path == own else None)


def test_a_frame_longer_than_any_message_is_not_waited_for() -> None:
    frames = Demultiplexer()
    begun = b"\x01\0\0\0\xff\xff\xff\xff" + b"x" * 1000
    assert list(frames.feed(begun)) == [(b"", begun)]
