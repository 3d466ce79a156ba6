"""`network-call-in-transaction` sees a plain method of an object that the code is given stop the event loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

PRINTER = """\
import time
import requests
class Printer:
    def __init__(self, url: str):
        self.url = url
    def label(self, code):
        return requests.post(self.url, json=code).content
    def ready(self):
        while not self.url:
            time.sleep(1)
    def title(self, code):
        return f"{self.url}/{code}"
"""
MARK = "  # expect medium"


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("printer.label(user.name)", True),
        ("printer.ready()", True),
        ("self.printer.label(user.name)", True),
        ("printer.title(user.name)", False),
        ("print(printer.label)", False),
        ("await asyncio.to_thread(printer.label, user.name)", True),  # the connection waits all the same
        ("other.label(user.name)", False),
        ("await db.commit(); printer.label(user.name)", False),
    ],
)
def test_a_plain_method_waits_in_a_transaction(call: str, told: bool, tmp_path: Path) -> None:
    files = project(
        "import asyncio\nfrom printer import Printer\nclass Labels:\n"
        "    def __init__(self, printer: Printer):\n        self.printer = printer\n"
        "    async def f(self, db: AsyncSession, printer: Printer, other):\n"
        f"        user = await db.get_one(User, 1)\n        {call}{MARK * told}\n"
    )
    check_source(files | {"printer.py": PRINTER}, "network-call-in-transaction", tmp_path)
