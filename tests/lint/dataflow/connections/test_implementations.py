"""Calls through a Protocol or an abstract class, followed to the one class that implements it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

PORTS = {
    "nominal": "from typing import Protocol\nclass Notifier(Protocol):\n    async def notify(self, text: str) -> None: ...\n",
    "abstract": (
        "from abc import ABC, abstractmethod\nclass Notifier(ABC):\n    @abstractmethod\n"
        "    async def notify(self, text: str) -> None:\n        raise NotImplementedError\n"
    ),
    "with code of its own": "class Notifier:\n    async def notify(self, text: str) -> None:\n        print(text)\n",
}
ADAPTER = (
    "import httpx\nfrom app.ports import Notifier\nclass {name}({bases}):\n    async def notify(self, text: str) -> None:\n"
    "        async with httpx.AsyncClient() as http:\n            await http.post('https://hooks.example', json=text)\n"
)
SILENT = (
    "from app.ports import Notifier\nclass Console(Notifier):\n    async def notify(self, text):\n        print(text)\n"
)
USE = """\
from app.ports import Notifier

class Closing:
    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier

    async def close(self) -> None:
        async with Session.begin() as session:
            (await session.get(User, 1)).name = "closed"
            await self._notifier.notify("closed"){mark}
"""


def lint(ports: str, adapters: dict[str, str], mark: str, folder: Path) -> None:
    files = {"app/ports.py": PORTS[ports], **{f"app/{name}.py": text for name, text in adapters.items()}}
    check_source({**project(USE.format(mark=mark)), **files}, "network-call-in-transaction", folder)


@pytest.mark.parametrize("ports", ["nominal", "abstract"])
def test_the_one_implementation_is_what_runs(ports: str, tmp_path: Path) -> None:
    lint(ports, {"slack": ADAPTER.format(name="Slack", bases="Notifier")}, "  # expect medium", tmp_path)


def test_a_class_that_has_the_methods_of_a_protocol_it_names(tmp_path: Path) -> None:
    adapter = ADAPTER.format(name="Slack", bases="object") + "notifier: Notifier = Slack()\n"
    lint("nominal", {"slack": adapter}, "  # expect medium", tmp_path)


@pytest.mark.parametrize(
    "adapters",
    [
        {"slack": ADAPTER.format(name="Slack", bases="Notifier"), "console": SILENT},
        {"console": SILENT},
        {"slack": ADAPTER.format(name="FakeNotifier", bases="Notifier")},
        {"tests/slack": ADAPTER.format(name="Slack", bases="Notifier")},
        # It fits by chance.
        {"slack": ADAPTER.format(name="Slack", bases="object").replace("from app.ports import Notifier\n", "")},
    ],
)
def test_of_two_implementations_of_doubles_and_of_what_fits_by_chance_nothing_is_said(
    adapters: dict[str, str], tmp_path: Path
) -> None:
    lint("nominal", adapters, "", tmp_path)


def test_what_has_code_of_its_own_may_be_what_runs(tmp_path: Path) -> None:
    lint("with code of its own", {"slack": ADAPTER.format(name="Slack", bases="Notifier")}, "", tmp_path)


def test_an_abstract_class_has_no_use_for_a_likeness(tmp_path: Path) -> None:
    adapter = ADAPTER.format(name="Slack", bases="object") + "notifier: Notifier = Slack()\n"
    lint("abstract", {"slack": adapter}, "", tmp_path)
