"""Paths of a container as paths of the host, by the two tables of mounts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.probes.deployment.mounts import host_path, parse_mounts, seen_from_here

OURS = parse_mounts(
    "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
    "23 22 8:2 / /srv rw - xfs /dev/sdb rw\n"
    "24 22 0:5 / /proc rw - proc proc rw\n"
)
THEIRS = parse_mounts(
    "80 1 0:99 / / rw - overlay overlay rw,lowerdir=/x\n"
    "81 80 8:1 /home/eve/shop /app rw - ext4 /dev/sda1 rw\n"
    r"82 81 8:2 /data\040sets /app/data rw - xfs /dev/sdb rw" + "\n"
    "83 80 0:77 / /app/tmp rw - tmpfs tmpfs rw\n"
)


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ("/app", "/home/eve/shop"),
        ("/app/main.py", "/home/eve/shop/main.py"),
        ("/app/data/a.csv", "/srv/data sets/a.csv"),
        ("/app/tmp/a", ""),
        ("/usr/lib/python3/x.py", ""),
        ("/application/x", ""),
    ],
)
def test_a_bound_folder_has_a_path_here_and_a_layer_has_none(inside: str, outside: str) -> None:
    assert host_path(inside, THEIRS, OURS) == outside


@given(st.text(max_size=200))
def test_no_text_breaks_the_table(text: str) -> None:
    host_path("/app/x", parse_mounts(text), OURS)
    host_path("/app/x", THEIRS, parse_mounts(text))


def test_a_process_of_our_own_root_names_its_files_as_we_do(tmp_path: Path) -> None:
    assert seen_from_here(os.getpid(), str(tmp_path)) == str(tmp_path)
    assert seen_from_here(os.getpid(), "relative") == "relative"
