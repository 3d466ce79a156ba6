"""Which files of a project a module brings in: what it imports, what that imports, and so on; runs none of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from forge_doctor.code.files.modules import Modules
from forge_doctor.regex import regex
from forge_doctor.whole_file import read_whole

IMPORT = regex(
    rb"^[ \t]*(?:from[ \t]+(?P<module>[.\w]+)[ \t]+import[ \t]*(?P<names>\([^)]{0,20000}\)|[^\n]{1,2000})"
    rb"|import[ \t]+(?P<modules>[\w., \t]{1,2000}))",
    re.MULTILINE,
)
COMMENT = regex(rb"#[^\n]*")
NAME = regex(rb"[\w.]+")
MOST_FILES = 1_000
LARGEST = 4 << 20


def reachable(start: Path, root: Path, most: int = MOST_FILES) -> tuple[Path, ...]:
    """The files that `start` needs, itself first, then the nearest; those below `root` alone."""
    modules = Modules(root)
    found: dict[Path, None] = {start: None}
    waiting = [start]
    while waiting and len(found) < most:
        path = waiting.pop(0)
        for dotted in dict.fromkeys(imports_in(path)):
            target = modules.find(dotted, path)
            if target is not None and target not in found and target.suffix == ".py":
                found[target] = None
                waiting.append(target)
    return tuple(found)


def imports_in(path: Path) -> Iterator[str]:
    """The dotted names a file imports, wherever they stand in it: modules, and what may be one."""
    try:
        data = read_whole(path) if path.stat().st_size <= LARGEST else b""
    except OSError:
        return
    for match in IMPORT.finditer(data):
        if match["modules"]:
            # `import a.b as c, d`: what follows the `as` is no module of ours, or is one by chance and then close.
            yield from (name.decode() for part in match["modules"].split(b",") for name in NAME.findall(part)[:1])
            continue
        module = match["module"].decode()
        yield module
        for part in COMMENT.sub(b"", match["names"]).strip(b"()").split(b","):
            name = NAME.findall(part)
            if name:
                yield f"{module}{'' if module.endswith('.') else '.'}{name[0].decode(errors='replace')}"
