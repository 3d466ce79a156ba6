"""The zone in which a process writes times that name none."""

from __future__ import annotations

import os

import pytest

from forge_doctor.probes.deployment.time_zone import offset_s


@pytest.mark.parametrize(("zone", "seconds"), [("UTC", 0), ("Asia/Kolkata", 19800), (":Asia/Tokyo", 32400)])
def test_a_variable_counts_before_the_system(zone: str, seconds: float) -> None:
    assert offset_s(os.getpid(), {"TZ": zone}) == seconds


@pytest.mark.parametrize("zone", ["no/such/zone", "CET-1CEST", "../../etc/passwd", "\x00"])
def test_what_is_no_zone_leaves_the_systems(zone: str) -> None:
    assert offset_s(os.getpid(), {"TZ": zone}) == offset_s(os.getpid(), {})


def test_a_process_that_ended_is_in_no_zone() -> None:
    assert offset_s(2**22 - 1, {}) == 0.0
