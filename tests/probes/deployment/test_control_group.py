"""Containers and units by the paths of control groups, in the shapes that engines and systemd give them."""

from __future__ import annotations

import os

import pytest

from forge_doctor.probes.deployment.control_group import ControlGroup, parse_control_group, read_control_group

ID = "0f" * 32
OTHER = "a1" * 32


@pytest.mark.parametrize(
    "cgroup",
    [
        f"12:memory:/docker/{ID}\n0::/system.slice/containerd.service\n",
        f"0::/system.slice/docker-{ID}.scope\n",
        f"0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope/container\n",
        f"0::/docker/{OTHER}/docker/{ID}\n",
    ],
)
def test_an_engines_id_is_found_in_every_version(cgroup: str) -> None:
    assert parse_control_group(cgroup) == ControlGroup(container=ID)


def test_a_pods_container_says_so() -> None:
    text = f"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-{ID}.scope\n"
    assert parse_control_group(text) == ControlGroup(container=ID, pod=True)


def test_mounts_name_the_container_where_its_cgroup_namespace_hides_it() -> None:
    mounts = f"1 2 8:1 /var/lib/docker/containers/{ID}/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n"
    assert parse_control_group("0::/\n", mounts) == ControlGroup(container=ID)
    assert parse_control_group("0::/\n") == ControlGroup()


@pytest.mark.parametrize(
    "mounts",
    [
        f"9 2 0:61 / /var/lib/containers/storage/overlay-containers/{ID}/userdata/shm rw - tmpfs shm rw\n",
        f"9 2 0:61 / /var/lib/docker/containers/{ID}/mounts/shm rw - tmpfs shm rw\n",
        f"9 2 8:1 /home/ada/containers/{ID}/data /data rw - ext4 /dev/sda1 rw\n",
    ],
)
def test_the_mounts_of_containers_are_seen_outside_of_them_too(mounts: str) -> None:
    """Podman's and Docker's /dev/shm of each container: every process of the machine sees them."""
    assert parse_control_group("0::/\n", mounts) == ControlGroup()


@pytest.mark.parametrize(
    ("path", "unit", "of_user"),
    [
        ("/system.slice/shop.service", "shop.service", False),
        ("/system.slice/shop-api.service/worker", "shop-api.service", False),
        (r"/system.slice/shop\x2dapi.service", "shop-api.service", False),
        ("/system.slice/system-shop.slice/shop@2.service", "shop@2.service", False),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/shop.service", "shop.service", True),
    ],
)
@pytest.mark.parametrize("line", ["0::{}\n", "4:pids:/\n1:name=systemd:{}\n"])
def test_a_unit_is_the_innermost_service(line: str, path: str, unit: str, of_user: bool) -> None:
    assert parse_control_group(line.format(path)) == ControlGroup(unit=unit, of_user=of_user)


@pytest.mark.parametrize(
    "text",
    [
        "0::/user.slice/user-1000.slice/session-3.scope\n",
        "0::/user.slice/user-1000.slice/user@1000.service/app.slice/terminal.scope\n",
        "0::/system.slice/docker.service\n",
        "0::/init.scope\n",
        "",
        "no colons at all\n",
    ],
)
def test_a_login_an_engine_and_nothing_are_no_units(text: str) -> None:
    assert parse_control_group(text) == ControlGroup()


def test_our_own_container_is_none_and_a_process_that_ended_has_none() -> None:
    assert read_control_group(os.getpid()).container == ""
    assert read_control_group(2**22 - 1) == ControlGroup()
