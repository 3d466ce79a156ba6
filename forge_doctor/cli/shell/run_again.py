"""The same question asked again: answered before anything is loaded, while nothing that the answer rests on has changed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence

from forge_doctor import __version__
from forge_doctor.cli.sessions.cache_folder import cache_folder_name
from forge_doctor.cli.shell.program import BROKEN_PIPE

COMMAND = "lint"
STARTED_NS = time.time_ns()
# What differs from one shell, or one line typed into it, to the next.
OF_THE_SHELL = frozenset({"_", "SHLVL", "OLDPWD"})


def told_again(arguments: Sequence[str]) -> int | None:
    """The exit status of what was told; None where the question is another, or must be looked into."""
    folder = cache_folder_name(COMMAND)
    if arguments[:1] != [COMMAND] or folder is None or (question := _question(arguments)) is None:
        return None
    from forge_doctor.kept_results.kept_run import digest_of_question, place_of, read_run

    digest = digest_of_question(question)
    answer = read_run(place_of(folder, digest), digest)
    return None if answer is None else _told(*answer)


def keep_answer(text: str, status: int, names: Sequence[str]) -> None:
    """Keep what this run told for the next one that asks the same; `names` is all that it looked at, in full.

    Nothing is kept where one of them changed about when the run began or later: it may have been seen before, or after.
    """
    from pathlib import Path

    from forge_doctor.kept_results.file_status import CLOCK_NS, newest_change_ns, statuses_of
    from forge_doctor.kept_results.kept_run import digest_of_question, place_of, run_document
    from forge_doctor.kept_results.store import replace_kept

    folder, question = cache_folder_name(COMMAND), _question(sys.argv[1:])
    if folder is None or question is None:
        return
    digest = digest_of_question(question)
    document = run_document(digest, status, text, names, statuses_of(names))
    if document is not None and newest_change_ns(names) < STARTED_NS - CLOCK_NS:
        replace_kept(Path(place_of(folder, digest)), document)


def seconds_since_start() -> float:
    """How long this run has taken."""
    return (time.time_ns() - STARTED_NS) / 1e9


def _question(arguments: Sequence[str]) -> str | None:
    """All that an answer depends on beside files: who asks, where, with what, and for what kind of screen."""
    try:
        here, is_terminal = os.getcwd(), sys.stdout.isatty()  # noqa: PTH109 - no pathlib here
        screen = os.get_terminal_size(sys.stdout.fileno()) if is_terminal else None
    except (AttributeError, OSError, ValueError):
        return None
    variables = sorted(pair for pair in os.environ.items() if pair[0] not in OF_THE_SHELL)
    program = (
        __version__,
        __file__,
        sys.version,
        sys.executable,
        sys.path,
        sys.stdout.encoding,
        os.name == "nt" or os.geteuid(),
    )
    return repr((list(arguments), here, screen, program, variables))


def _told(status: int, text: str) -> int | None:
    """None where it cannot be written: the whole program says why."""
    try:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return BROKEN_PIPE
    except (AttributeError, OSError, ValueError):
        return None
    return status
