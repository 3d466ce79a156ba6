"""The picture in the README: the page `forge-doctor pool` shows for a recorded incident; written with `--write`."""

from __future__ import annotations

import html
import io
import re
import sys
from pathlib import Path

from rich.console import Console, Group
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from forge_doctor.finding import Severity
from forge_doctor.pool import record
from forge_doctor.pool.run import run_pool
from forge_doctor.render import RenderOptions
from forge_doctor.render.text import page
from forge_doctor.settings import Settings

ROOT = Path(__file__).parent.parent.parent
INCIDENT = ROOT / "tests" / "pool" / "snapshots" / "incident.json"
PICTURE = ROOT / ".github" / "pool.svg"
WIDTH, LINES = 100, 64

# Readable on a light and on a dark page: its own dark ground, and each colour at least 4.5 : 1 on it.
GROUND, INK = (22, 27, 34), (208, 215, 222)
RED, GREEN, YELLOW, BLUE = (255, 123, 114), (126, 231, 135), (227, 179, 65), (121, 192, 255)
MAGENTA, CYAN = (210, 168, 255), (118, 227, 234)
THEME = TerminalTheme(GROUND, INK, [GROUND, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, INK])
FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
TEXT = re.compile(r"<text\b[^>]*\by=\"(?P<y>[\d.]+)\"[^>]*>(?P<text>[^<]*)</text>")


def draw(incident: Path = INCIDENT) -> str:
    """The page as SVG."""
    reports = tuple(run_pool(snapshot, Settings()) for snapshot in record.load(incident))
    console = Console(
        file=io.StringIO(), record=True, width=WIDTH, force_terminal=True, color_system="truecolor", highlight=False
    )
    for line in first_lines(page(reports, RenderOptions(width=WIDTH, color=True, terminal=True))):
        console.print(line, soft_wrap=True)
    drawn = console.export_svg(title="forge-doctor pool", theme=THEME, unique_id="pool")
    # Fonts from elsewhere are never loaded in an image: the reader's own monospaced one will do.
    return FONT_FACE.sub("", drawn).replace("Fira Code, monospace", "monospace")


def first_lines(whole: Group) -> list[Text]:
    """The page as far as the last finding that ends within `LINES` lines; too long a line goes on in the next one,
    as on a terminal."""
    lines: list[Text] = []
    for part in whole.renderables:
        for line in part.split("\n", allow_blank=True)[:1] if isinstance(part, Text) else ():
            lines += line.divide(range(WIDTH, len(line), WIDTH)) if len(line) > WIDTH else [line]
    if len(lines) <= LINES:
        return lines
    end = max(
        number for number in range(LINES) if not lines[number].plain.strip() and starts_finding(lines[number + 1])
    )
    return [*lines[:end], Text("  ...", style="dim")]


def starts_finding(line: Text) -> bool:
    """Whether a finding begins here: with its severity, in the margin."""
    return any(f" {severity.name} " in f" {line.plain[:14]} " for severity in Severity)


def words(svg: str) -> list[str]:
    """What can be read in a picture, line by line: drawings of several versions of rich have this in common."""
    lines: dict[float, str] = {}
    for found in TEXT.finditer(svg):
        lines[float(found["y"])] = lines.get(float(found["y"]), "") + html.unescape(found["text"])
    return [" ".join(line.split()) for _, line in sorted(lines.items())]


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        raise SystemExit("usage: python -m tests.readme.picture --write")
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(draw(), encoding="utf-8")
