"""The address of a PostgreSQL server and who to be there; it shows its password to nobody who does not ask."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from forge_doctor.dataclass import dataclass, field, replace
from forge_doctor.probes.postgres.login_rules import LoginRules


class Secret:
    """A password: absent from `repr`, `str`, `dataclasses.asdict` and tracebacks; `reveal()` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The password itself, for the server alone."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(***)"


class SslMode(StrEnum):
    """libpq's sslmode, weakest first."""

    DISABLE = "disable"
    ALLOW = "allow"
    PREFER = "prefer"
    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"

    @property
    def demanded(self) -> bool:
        """Whether a server without TLS must be refused."""
        return self in (SslMode.REQUIRE, SslMode.VERIFY_CA, SslMode.VERIFY_FULL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How to encrypt; paths are empty where libpq's default (`~/.postgresql`) holds."""

    mode: SslMode = SslMode.PREFER
    root_cert: str = ""
    cert: str = ""
    key: str = ""
    key_password: Secret | None = None
    direct: bool = False  # sslnegotiation=direct
    revoked: str = ""  # sslcrl: certificates no longer trusted
    oldest: str = ""  # ssl_min_protocol_version
    newest: str = ""  # ssl_max_protocol_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One server address; `name` is a directory where it is a Unix socket's."""

    name: str
    port: int = 5432
    password: Secret | None = None

    @property
    def is_socket(self) -> bool:
        """Whether `name` is the directory of a Unix socket."""
        return self.name.startswith("/")

    @property
    def label(self) -> str:
        """`db:5432`, `[::1]:5432`, `/var/run/postgresql:5432`."""
        return f"[{self.name}]:{self.port}" if ":" in self.name else f"{self.name}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server to examine. `sources` says where each part came from (`host`: `--dsn`, `password`: `~/.pgpass`);
    `notes` what was passed over (`~/.pgpass` open to others)."""

    hosts: tuple[Host, ...]
    user: str
    database: str
    tls: Tls = field(default_factory=Tls)
    session_attributes: str = "any"  # target_session_attrs
    rules: LoginRules = field(default_factory=LoginRules)
    sources: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """`shop_api@db:5432/shop`: never the password."""
        return f"{self.user}@{','.join(host.label for host in self.hosts)}/{self.database}"

    def at(self, host: Host) -> Target:
        """The same target with one of its hosts alone."""
        return replace(self, hosts=(host,))

    def with_database(self, database: str) -> Target:
        """The same server and role, another database."""
        return replace(self, database=database)
