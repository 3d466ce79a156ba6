"""A page whose lines end with tags, or whose blanks are entities, is read as what it shows."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

from tests.streams.carriers.test_carriers import answer, read

TRACES = [
    [
        "Traceback (most recent call last):",
        f'  File "/app/shop/store.py", line {line}, in keep',
        "    session.commit()",
        error,
    ]
    for line, error in (
        (17, "sqlite3.OperationalError: database is locked"),
        (21, "asyncpg.exceptions.DeadlockDetectedError: deadlock detected"),
    )
]
FOUND = [("deadlock", "/app/shop/store.py:21 keep", 1), ("sqlite-locked", "/app/shop/store.py:17 keep", 1)]


@pytest.mark.parametrize("blank", [" ", "&nbsp;"])
@pytest.mark.parametrize(
    ("before", "between", "after"),
    [
        ("<p>", "<br/>", "</p>"),
        ("<p>Seen:</p><code>", "<br>", "</code>"),
        ("", "<br />\n", ""),
        ("<pre>", "\n", "</pre>"),
    ],
)
def test_each_traceback_of_a_page_is_told(before: str, between: str, after: str, blank: str, tmp_path: Path) -> None:
    shown = [between.join(html.escape(line).replace(" ", blank) for line in trace) for trace in TRACES]
    text = f"{before}{shown[0]}{after}<p>and then</p>{before}{shown[1]}{after}\n"
    assert answer(read(tmp_path / "page.html", text.encode()).summary.groups.values()) == FOUND
