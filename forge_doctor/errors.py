"""The only two exceptions a user ever sees; each message names the input and the mend."""

from __future__ import annotations


class ForgeDoctorError(Exception):
    """A message for the user, printed without a traceback.

    `exit_code` is the process's exit status where nothing was found.
    """

    exit_code = 2


class UsageProblem(ForgeDoctorError):
    """The command line or the configuration is wrong: exit 2."""


class CannotInspect(ForgeDoctorError):
    """The thing to examine could not be read or reached: exit 3."""

    exit_code = 3
