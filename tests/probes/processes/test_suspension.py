"""What keeps a process from running, as control groups of version 1 and 2 tell it."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.probes.processes import suspension
from forge_doctor.probes.processes.suspension import frozen_group, read_suspension
from forge_doctor.probes.processes.workers import Suspended, Suspension

SLEEPS = {"State": "S (sleeping)"}


def group(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_", ".", 1)).write_text(text + "\n")
    return folder


@pytest.mark.parametrize("mounted", ["", "unified"])
@pytest.mark.parametrize("frozen", [0, 1])
def test_version_2_whether_it_is_mounted_alone_or_beside_version_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounted: str, frozen: int
) -> None:
    own = group(tmp_path / mounted / "a/b", cgroup_events=f"populated 1\nfrozen {frozen}", cgroup_freeze=str(frozen))
    monkeypatch.setattr(suspension, "CONTROL_GROUPS", tmp_path)
    monkeypatch.setattr(suspension._groups, "__defaults__", (tmp_path,))
    expected = Suspension(how=Suspended.FROZEN, group=str(own)) if frozen else None
    assert read_suspension(1, SLEEPS, "0::/a/b\n") == expected


def test_version_1_by_the_controller_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = group(tmp_path / "freezer/docker/x", freezer_state="FROZEN", freezer_self_freezing="1")
    monkeypatch.setattr(suspension._groups, "__defaults__", (tmp_path,))
    told = read_suspension(1, {"State": "D (disk sleep)"}, "7:memory:/docker/y\n6:freezer:/docker/x\n0::/\n")
    assert told == Suspension(how=Suspended.FROZEN, group=str(own))


@pytest.mark.parametrize("version", [1, 2])
def test_the_group_that_was_frozen_is_named_and_not_those_below_it(tmp_path: Path, version: int) -> None:
    def made(path: str, *, frozen: bool, own: bool) -> Path:
        if version == 1:
            state = "FROZEN" if frozen else "THAWED"
            return group(tmp_path / path, freezer_state=state, freezer_self_freezing=str(int(own)))
        return group(tmp_path / path, cgroup_events=f"frozen {int(frozen)}", cgroup_freeze=str(int(own)))

    made(".", frozen=False, own=False)
    middle = made("shop.slice", frozen=True, own=True)
    leaf = made("shop.slice/api.service", frozen=True, own=False)
    assert frozen_group(leaf) == str(middle)
    assert frozen_group(middle) == str(middle)
    assert frozen_group(tmp_path) == ""


def test_a_group_outside_of_our_namespace_is_not_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group(tmp_path / "x", cgroup_events="frozen 1")
    monkeypatch.setattr(suspension._groups, "__defaults__", (tmp_path / "below",))
    assert read_suspension(1, SLEEPS, "0::/../x\n") is None


@pytest.mark.parametrize("ended", [True, False])
def test_what_a_profiler_stops_for_a_moment_is_not_stopped(monkeypatch: pytest.MonkeyPatch, ended: bool) -> None:
    def again(pid: int) -> dict[str, str]:
        if ended:
            raise FileNotFoundError
        return SLEEPS

    monkeypatch.setattr(suspension, "read_status", again)
    assert read_suspension(1, {"State": "t (tracing stop)", "TracerPid": "9"}, "") is None
    assert read_suspension(1, {"State": "T (stopped)"}, "") is None


def test_a_debugger_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"State": "t (tracing stop)", "TracerPid": "99"}
    monkeypatch.setattr(suspension, "read_status", lambda pid: told)
    assert read_suspension(1, told, "") == Suspension(how=Suspended.TRACED, tracer_pid=99)
