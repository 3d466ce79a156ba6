"""A log as it is copied out of a terminal's window: lines broken at its width, blanks at their ends lost."""

from __future__ import annotations

from tests.support.log_carriers import EVERY, Lines, Wrap, before


def copied(width: int, inner: Wrap) -> Wrap:
    """What is seen of a log in a window so many columns wide."""

    def wrap(lines: Lines) -> str:
        seen: list[str] = []
        for line in inner(lines).splitlines():
            seen += [line[at : at + width].rstrip() for at in range(0, len(line), width)] or [""]
        return "\n".join(seen) + "\n"

    return wrap


TERMINAL: dict[str, Wrap] = {
    **{f"terminal-{width}": copied(width, before(lambda _: "")) for width in (80, 133)},
    **{
        f"terminal-{width}-{name}": copied(width, EVERY[name])
        for width, name in ((80, "kubectl-timestamps"), (80, "stern"), (120, "docker-timestamps"), (100, "fluent-bit"))
    },
}
