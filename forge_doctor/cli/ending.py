"""How a run ends: every error becomes one line and a documented exit code, here and nowhere else.

What nobody caught is a fault of ours: exit 3 and a request to report it, never 1, which says that something was found.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from forge_doctor.cli.shell.plain_run import run_plainly
from forge_doctor.cli.shell.program import BROKEN_PIPE
from forge_doctor.cli.shell.signals import ended_in_order
from forge_doctor.errors import CannotInspect, ForgeDoctorError
from forge_doctor.redaction.held import hold_environment, mask_held
from forge_doctor.settings import load_settings
from forge_doctor.settings.keys import SECTION_KEYS

if TYPE_CHECKING:
    import click

INTERRUPTED = 130
DEBUG = "--debug"
# What writing to a stream can fail with; network and files fail with others, or name the file.
_OF_A_STREAM = (errno.ENOSPC, errno.EBADF, errno.EIO, errno.EDQUOT, errno.EFBIG)
LONGEST_REASON = 2_000


def run(arguments: Sequence[str]) -> int:
    """The exit status of the command line."""
    _open_standard_streams()
    hold_environment(os.environ)
    with ended_in_order() as received:
        status = _status(arguments)
    return _flushed(128 + received[0] if received and status == INTERRUPTED else status, arguments)


def _status(arguments: Sequence[str]) -> int:
    try:
        status = _called([one for one in arguments if one != DEBUG])
    except BrokenPipeError:
        # The reader went away (`| head`): not our fault, and nothing more to say.
        status = BROKEN_PIPE
    except KeyboardInterrupt:
        status = INTERRUPTED
    except ForgeDoctorError as error:
        status = _told(str(error), error.exit_code, arguments)
    except BaseException as error:
        status = _misused(error, arguments) if _is_usage(error) else _crashed(error, arguments)
    return status


def _called(arguments: list[str]) -> int:
    """What the command comes to; raises what it raises, but for a command line that cannot be read."""
    try:
        if run_plainly(arguments):
            return 0
    except SystemExit as ended:
        return _code(ended)
    return _called_by_typer(arguments)


def _called_by_typer(arguments: list[str]) -> int:
    """The same for any command line.

    Not by the command's own `main`, which would take a closed pipe for a failure.
    """
    import typer.main

    from forge_doctor.cli.commands import app

    command = typer.main.get_command(app)
    try:
        with command.make_context("forge-doctor", arguments) as context:
            command.invoke(context)
    except typer.Exit as ended:
        return ended.exit_code
    except typer.Abort:
        return INTERRUPTED
    except SystemExit as ended:
        return _code(ended)
    return 0


def _code(ended: SystemExit) -> int:
    return ended.code if isinstance(ended.code, int) else int(ended.code is not None)


def _is_usage(error: BaseException) -> TypeGuard[click.ClickException]:
    """Whether it is the parser's: typer brings a click of its own, or uses the one that is installed."""
    return any(kind.__name__ == "ClickException" for kind in type(error).__mro__)


def _misused(error: click.ClickException, arguments: Sequence[str]) -> int:
    """The parser tells with the usage, but for a monitoring system."""
    if _is_for_nagios(arguments):
        return _told(error.format_message(), error.exit_code, arguments)
    error.show()
    return error.exit_code


def _told(reason: str, status: int, arguments: Sequence[str]) -> int:
    """Say on one line of stderr what went wrong; a monitoring system reads its plugins' stdout, and knows four codes."""
    from forge_doctor.redaction import redact
    from forge_doctor.render.printable import printable_line

    said = printable_line(mask_held(redact(reason, LONGEST_REASON)))
    if _is_for_nagios(arguments):
        _write(sys.stdout, f"FORGE_DOCTOR UNKNOWN: {said}\n")
        return CannotInspect.exit_code
    _write(sys.stderr, f"forge-doctor: {said}\n")
    return status


def _crashed(error: BaseException, arguments: Sequence[str]) -> int:
    if isinstance(error, OSError) and error.filename is None and error.errno in _OF_A_STREAM:
        return _told(f"stdout cannot be written to: {error.strerror}", CannotInspect.exit_code, arguments)
    if isinstance(error, OSError) and error.filename is not None:
        # A name too long, a folder that may not be searched, no descriptor left: of the file, whoever asked for it.
        if DEBUG in arguments:
            _write(sys.stderr, _traceback(error))
        return _told(f"{os.fsdecode(error.filename)}: {error.strerror}", CannotInspect.exit_code, arguments)
    if isinstance(error, FileNotFoundError) and not _is_somewhere():
        return _told("the current folder is gone: change into one that exists", CannotInspect.exit_code, arguments)
    from forge_doctor.redaction import redact

    what = redact(f"{type(error).__name__}: {error}".removesuffix(": "), LONGEST_REASON)
    if DEBUG in arguments:
        _write(sys.stderr, _traceback(error))
    mend = "" if DEBUG in arguments else f"; what {DEBUG} adds tells where"
    said = f"broke off with {what}: a fault of forge-doctor, please report it{mend}"
    return _told(said, CannotInspect.exit_code, arguments)


def _is_somewhere() -> bool:
    """Whether the folder that the run was begun in still exists."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True


def _traceback(error: BaseException) -> str:
    import traceback

    from forge_doctor.redaction import redact

    return mask_held(redact("".join(traceback.format_exception(error))))


def _is_for_nagios(arguments: Sequence[str]) -> bool:
    """Whether the format was asked for; the options may not have been read when this is needed."""
    asked = next(_values(arguments, "--output-format", "-f"), None)
    if asked is not None:
        return asked.lower() == "nagios"
    command = next((one for one in arguments if one in SECTION_KEYS), "")
    return _configured_format(command, next(_values(arguments, "--config"), None)) == "nagios"


def _values(arguments: Sequence[str], long: str, short: str = "-") -> Iterator[str]:
    """What an option is given: `--name value`, `--name=value`, `-n value`, `-nvalue`."""
    for option, value in zip(arguments, [*arguments[1:], ""], strict=False):
        if option in (long, short):
            yield value
        elif option.startswith(f"{long}="):
            yield option.partition("=")[2]
        elif len(short) > 1 and option.startswith(short) and not option.startswith("--"):
            yield option.removeprefix(short)


def _configured_format(command: str, config: str | None) -> object:
    """The format that the environment or the configuration names, should it be readable."""
    variable = f"FORGE_DOCTOR_{command}_OUTPUT_FORMAT".upper()
    if not command or os.environ.get(variable):
        return os.environ.get(variable)
    try:
        return load_settings(Path.cwd(), Path(config) if config else None).get("output-format", command)
    except (ForgeDoctorError, OSError):
        return None


def _flushed(status: int, arguments: Sequence[str]) -> int:
    """The status once everything is written: what stays in a buffer would be lost without a word, or end as 120."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        status = BROKEN_PIPE
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        status = _told(f"stdout cannot be written to: {reason}", CannotInspect.exit_code, arguments)
    else:
        return status
    # The interpreter flushes once more when it ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return status


def _write(stream: Any, text: str) -> None:
    """Where not even that can be written, the exit code says enough."""
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):
        pass


class _Closed(io.StringIO):
    """Stands for a stream that the caller closed: what is written to it is told to be lost."""

    def write(self, text: str, /) -> int:
        """Raises `OSError` for anything that is written."""
        if text:
            raise OSError(errno.EBADF, "it is closed")
        return 0


def _open_standard_streams() -> None:
    """Give the three descriptors something to lead to: a file that is opened next would get the number of one."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(descriptor)
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 (it stays open)
    if sys.stdout is None:
        sys.stdout = _Closed()
    if sys.stderr is None:
        sys.stderr = io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
