"""Whether the password in a URL is one: not filled in later, no placeholder, not what everybody uses at home."""

from __future__ import annotations

import re

from forge_doctor.code.orm.dsn import Dsn
from forge_doctor.regex import regex

# Words that stand where a password will be, or that everybody uses on their own machine.
PLACEHOLDER = regex(
    r"(?:my|your|the|db|database|some|super|top|a)?[-_]?(?:secret|password|passwd|pass|pwd|pw)[-_]?(?:here|word|123|1)?"
    r"|postgres(?:ql)?|mysql|mariadb|root|admin|user|username|test(?:ing|er)?|dev(?:elop(?:ment|er)?)?|local|docker"
    r"|guest|demo|example|sample|changeme|change[-_]?(?:me|this|it)|placeholder|dummy|fake|foo|bar|baz|hunter2|redacted"
    r"|xyz|abc|letmein|mysecretpassword|sa|p|pw|x+|\*+|\.+|-+|_+|\d{1,6}",
    re.IGNORECASE,
)
# `%40` is an escaped character, `%s` is not.
FILLED_IN = regex(r"[\0<>{}$\[\]]|%(?![0-9A-Fa-f]{2})")


def is_placeholder(dsn: Dsn) -> bool:
    """Whether the password is filled in at run time, stands for one, or repeats the user or database."""
    password = dsn.password
    if FILLED_IN.search(password) or PLACEHOLDER.fullmatch(password):
        return True
    return password.casefold() in (dsn.user.casefold(), dsn.database.casefold(), dsn.host.casefold())
