"""Statements that end or change something, as a person will type them: each carries the condition it is right for.

A pid alone may by now be another session's, and a session seen in trouble may have recovered: every statement asks
the server again and does nothing where the trouble is gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from forge_doctor.probes.processes.workers import Suspended, Suspension
from forge_doctor.sql.quoting import quote_identifier, quote_literal, quote_shell

CONTAINER = re.compile(r"[0-9a-f]{64}")


def end_process(pid: int, seen_at: str, why: str, signal: str = "TERM") -> str:
    """Sends the process the signal, if what has this pid already ran when it was seen: a pid that was given anew is younger.

    `why` is shown as a comment. Where `ps` does not know `etimes` nothing is ended.
    """
    seen = int(datetime.fromisoformat(seen_at).timestamp())
    return f'[ "$(ps -o etimes= -p {pid})" -gt "$(( $(date +%s) - {seen} ))" ] && kill -{signal} {pid}   # {why}'


def resume_process(pid: int, suspension: Suspension, seen_at: str) -> Iterator[str]:
    """Lets a process go on, the way it was stopped; what runs already stays as it is."""
    if suspension.how is Suspended.STOPPED:
        yield end_process(
            pid, seen_at, "goes on where it was stopped; one stopped with Ctrl-Z: fg in its shell", "CONT"
        )
    elif suspension.how is Suspended.TRACED:
        yield f"grep TracerPid /proc/{pid}/status   # its debugger: let that go on, or detach"
    else:
        yield _thaw(suspension.group)


def _thaw(group: str) -> str:
    unit = group.rpartition("/")[2]
    container = CONTAINER.search(unit)
    if container is not None and "kubepods" not in group:
        engine = "podman" if "libpod" in group else "docker"
        name = container[0][:12]
        return f"""[ "$({engine} inspect -f '{{{{.State.Paused}}}}' {name})" = true ] && {engine} unpause {name}"""
    if container is None and unit.endswith((".service", ".scope", ".slice")):
        word = quote_shell(unit)
        # The name of a unit may begin with `-`, as the root's slice does.
        return f'[ "$(systemctl show -P FreezerState -- {word})" = frozen ] && systemctl thaw -- {word}'
    file = quote_shell(f"{group}/cgroup.freeze")
    old = quote_shell(f"{group}/freezer.state")
    if "/freezer/" in group:
        return f'[ "$(cat {old})" = FROZEN ] && echo THAWED | sudo tee {old}'
    return f'[ "$(cat {file})" = 1 ] && echo 0 | sudo tee {file}'


def set_for_role(role: str, setting: str, value: str, why: str) -> str:
    """A setting for the role's next sessions; `why` is shown as a comment."""
    return f"ALTER ROLE {quote_identifier(role)} SET {setting} = {quote_literal(value)};   -- {why}"
