"""The page in a real browser: it says nothing on the console, fetches nothing, and runs nothing of what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.finding import Evidence, Location
from forge_doctor.render import OutputFormat, RenderOptions, render
from tests.render.test_html import pictured
from tests.support.chromium import browse
from tests.support.reports import finding, report

HOSTILE = (
    "<script>document.title = 'ran'; fetch('/fetched')</script>",
    '"><img src=/fetched onerror="document.title = \'ran\'">',
    "</title></style></pre><svg onload=\"document.title = 'ran'\"><script>document.title = 'ran'</script>",
    "<link rel=stylesheet href=/fetched><style>@import '/fetched'; * { background: url(/fetched) }</style>",
    "<meta http-equiv=refresh content='0; url=/fetched'><base href=/fetched><iframe src=/fetched>",
)
# What is looked for is seen where it is: a page that does run a script, and asks for what is not there.
SCRIPTED = (
    "<!doctype html><title>calm</title><script>document.title = 'ran'; console.log('said')</script><img src=/fetched>"
)


@pytest.mark.slow
def test_nothing_runs_nothing_is_fetched_and_the_console_is_silent(tmp_path: Path) -> None:
    told = [
        finding(
            **dict.fromkeys(("message", "remedy", "check"), text),
            location=Location(target=text, line=1),
            evidence=(Evidence(label=text, value=f"{text}\n{text}", unit=text, source=text),),
        )
        for text in HOSTILE
    ]
    hostile = report(
        *told, headline=" ".join(HOSTILE), verdict=HOSTILE[0], subject=HOSTILE[2], inspected={HOSTILE[1]: 2}
    )
    pages = {
        "scripted": SCRIPTED,
        "calm": render((pictured(),), OutputFormat.HTML, RenderOptions()),
        "hostile": render((hostile, pictured()), OutputFormat.HTML, RenderOptions()),
    }
    seen = browse(pages, tmp_path)
    assert "said" in "".join(seen["scripted"].console)
    assert "/fetched" in seen["scripted"].asked
    assert "<title>ran</title>" in seen["scripted"].elements
    for name in ("calm", "hostile"):
        assert seen[name].console == ()
        assert seen[name].asked == (f"/{name}",)
        assert "<title>forge-doctor pool: " in seen[name].elements
        assert "<script" not in seen[name].elements
        assert "<img" not in seen[name].elements
