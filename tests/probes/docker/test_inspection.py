"""What the engine's answers say of a container's surroundings, and the address behind a name of its network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from forge_doctor.probes.docker.inspection import address_of, inspected
from forge_doctor.redaction import held


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    yield
    held.forget()


def details(name: str, address: str, network: str = "shop_default", **labels: str) -> dict[str, Any]:
    return {
        "Id": name[0] * 64,
        "Name": f"/{name}",
        "Config": {
            "Env": ["A=b=c", "BROKEN", "DB=postgresql://u:hunter2hunter@db/x"],
            "Hostname": "h",
            "Labels": labels,
        },
        "State": {"Pid": 7},
        "HostConfig": {"LogConfig": {"Type": "json-file"}},
        "NetworkSettings": {"Networks": {network: {"IPAddress": address, "Aliases": [f"{name}-alias"]}}},
    }


def test_a_container_is_told_with_its_variables_and_names() -> None:
    one = inspected(
        details("api-1", "10.9.0.2", **{"com.docker.compose.project": "shop", "com.docker.compose.service": "api"})
    )
    assert one.shown == "api-1 (service api of project shop)"
    assert one.variables["A"] == "b=c"
    assert {"api-1", "api", "api-1-alias", "h"} <= one.names["shop_default"]
    assert "hunter2hunter" not in repr(one)
    assert held.mask_held("hunter2hunter") != "hunter2hunter"


@pytest.mark.parametrize("name", ["db", "db-1", "db-1-alias", "d" * 12])
def test_a_name_means_the_container_of_a_network_both_are_in(name: str) -> None:
    api = inspected(details("api-1", "10.9.0.2"))
    server = inspected(details("db-1", "10.9.0.3", **{"com.docker.compose.service": "db"}))
    elsewhere = inspected(details("db-1", "10.8.0.3", "other", **{"com.docker.compose.service": "db"}))
    assert address_of(name, api, (elsewhere, api, server)) == "10.9.0.3"
    assert address_of(name, api, (elsewhere, api)) == ""


def test_an_engine_that_tells_little_is_no_crash() -> None:
    one = inspected({"Id": "f" * 64, "Name": "/x", "Config": None, "State": None, "HostConfig": None})
    assert (one.shown, one.variables, one.addresses) == ("x", {}, {})
