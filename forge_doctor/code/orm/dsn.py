"""The parts of a database URL as written in code; connects to nothing and never shows the password."""

from __future__ import annotations

import re

from forge_doctor.code.semantics.literals import HOLE
from forge_doctor.dataclass import dataclass, field
from forge_doctor.regex import regex

URL = regex(
    r"(?P<dialect>[a-z][a-z0-9]*)(?:\+(?P<driver>[\w\0]+))?://"
    r"(?:(?P<user>[^:@/]*)(?::(?P<password>[^@]*))?@)?"
    r"(?P<host>\[[^\]]*\]|[^:/?,]*)(?::(?P<port>[^/?,]*))?[^/?]*"
    r"(?:/(?P<database>[^?]*))?(?:\?(?P<query>.*))?",
    re.DOTALL,
)
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "host.docker.internal"})  # noqa: S104 - compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Dsn:
    """A URL's parts; empty where it has none, `HOLE` inside where one is filled in at run time."""

    dialect: str
    driver: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    host: str = ""
    port: str = ""
    database: str = ""
    query: str = ""

    @property
    def scheme(self) -> str:
        """`postgresql+asyncpg`."""
        return f"{self.dialect}+{self.driver}" if self.driver else self.dialect

    @property
    def is_driver_known(self) -> bool:
        """Whether dialect and driver are written out."""
        return HOLE not in self.scheme

    @property
    def is_local(self) -> bool:
        """Whether the host is this machine, none, or a name without a dot (a service of a compose file)."""
        return self.host in LOCAL_HOSTS or ("." not in self.host and ":" not in self.host)


def parse_dsn(text: str) -> Dsn | None:
    """The URL in a text, None where it is none."""
    match = URL.fullmatch(text.strip())
    return None if match is None else Dsn(**{name: part or "" for name, part in match.groupdict().items()})
