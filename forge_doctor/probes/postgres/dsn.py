"""Where the server to examine is named: flags, environment, libpq's files; it connects to nothing.

A connection string wins over a service file, that over libpq's variables, those over the defaults, as in libpq.
"""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from forge_doctor.dataclass import dataclass
from forge_doctor.errors import UsageProblem
from forge_doctor.probes.postgres.conninfo import EXAMPLE, Written, parse_conninfo
from forge_doctor.probes.postgres.libpq_files import PasswordFile, read_password_file, read_service
from forge_doctor.probes.postgres.login_rules import METHODS, LoginRules, parse_methods
from forge_doctor.probes.postgres.target import Host, Secret, SslMode, Target, Tls
from forge_doctor.redaction.held import hold

URL_VARIABLES = ("FORGE_DOCTOR_DSN", "DATABASE_URL")
ADDRESS_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE")
VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "host": "PGHOST",
        "hostaddr": "PGHOSTADDR",
        "port": "PGPORT",
        "user": "PGUSER",
        "dbname": "PGDATABASE",
        "password": "PGPASSWORD",
        "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT",
        "sslcert": "PGSSLCERT",
        "sslkey": "PGSSLKEY",
        "sslnegotiation": "PGSSLNEGOTIATION",
        "target_session_attrs": "PGTARGETSESSIONATTRS",
        "require_auth": "PGREQUIREAUTH",
        "requirepeer": "PGREQUIREPEER",
        "channel_binding": "PGCHANNELBINDING",
        "gssencmode": "PGGSSENCMODE",
        "sslcrl": "PGSSLCRL",
        "sslcrldir": "PGSSLCRLDIR",
        "sslcertmode": "PGSSLCERTMODE",
        "requiressl": "PGREQUIRESSL",
        "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
        "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    }
)
SOCKET_DIRECTORIES = ("/var/run/postgresql", "/run/postgresql", "/tmp")  # noqa: S108 (PostgreSQL's own default)
SESSION_ATTRIBUTES = ("any", "read-write", "read-only", "primary", "standby", "prefer-standby")
PROTOCOLS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
# Demands nobody here can meet; without a word, whatever is demanded.
UNMET: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"channel_binding": ("require",), "gssencmode": ("require",), "sslcrldir": (), "sslcertmode": ("require",)}
)
NO_SERVER = f"no server is named: pass --dsn {EXAMPLE}, or set DATABASE_URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Values by libpq keyword, and where each came from."""

    values: Mapping[str, str]
    sources: Mapping[str, str]

    def get(self, key: str) -> str:
        """The value, empty where nothing set it."""
        return self.values.get(key, "")

    def problem(self, key: str, what: str) -> UsageProblem:
        """`key` has a value that will not do."""
        return UsageProblem(f"{self.sources[key]}: {key}={self.values[key]!r} {what}")


def resolve_targets(dsns: Sequence[str], environ: Mapping[str, str] = os.environ) -> tuple[Target, ...]:
    """One target for each `--dsn`; without any, the one the environment names.

    Raises `UsageProblem` where nothing names a server, or what does cannot be read.
    """
    if dsns:
        return tuple(_resolve(Written(text=dsn, source="--dsn"), environ) for dsn in dsns)
    for name in URL_VARIABLES:
        if environ.get(name, "").strip():
            return (_resolve(Written(text=environ[name], source=name), environ),)
    if any(environ.get(name) for name in ADDRESS_VARIABLES):
        return (_resolve(None, environ),)
    raise UsageProblem(NO_SERVER)


def resolve_written(text: str, source: str, environ: Mapping[str, str]) -> Target:
    """The target of a connection string found somewhere: `source` says where, `environ` is its owner's environment.

    Raises `UsageProblem` where it cannot be read.
    """
    return _resolve(Written(text=text, source=source), environ)


def _resolve(written: Written | None, environ: Mapping[str, str]) -> Target:
    if written is not None and not written.text.strip():
        raise UsageProblem(f"{written.source} is empty: write {EXAMPLE}")
    parameters = _gather(written, environ)
    user = parameters.get("user") or pwd.getpwuid(os.geteuid()).pw_name
    database = parameters.get("dbname") or user
    tls = _tls(parameters)
    hosts, notes, password_source = _with_passwords(_hosts(parameters), parameters, user, database, environ)
    for secret in (*(host.password for host in hosts), tls.key_password):
        if secret is not None:
            hold(secret.reveal(), user, database, *(host.name for host in hosts))
    sources = {**parameters.sources, **({"password": password_source} if password_source else {})}
    return Target(
        hosts=hosts,
        user=user,
        database=database,
        tls=tls,
        rules=_rules(parameters),
        session_attributes=_one_of(parameters, "target_session_attrs", SESSION_ATTRIBUTES) or "any",
        sources=sources,
        notes=notes,
    )


def _gather(written: Written | None, environ: Mapping[str, str]) -> Parameters:
    """Layer the sources, strongest first."""
    values: dict[str, str] = {}
    sources: dict[str, str] = {}

    def fill(layer: Mapping[str, str], source: str) -> None:
        for key, value in layer.items():
            if value and key not in values:
                values[key], sources[key] = value, source

    if written is not None:
        fill(parse_conninfo(written), written.source)
    service = values.get("service") or environ.get("PGSERVICE")
    if service:
        layer, file = read_service(service, environ, sources.get("service", "PGSERVICE"))
        fill(layer, str(file))
    for key, variable in VARIABLES.items():
        fill({key: environ.get(variable, "")}, variable)
    return Parameters(values=values, sources=sources)


def _hosts(parameters: Parameters) -> tuple[Host, ...]:
    """The addresses in the order they are tried; without any, a local socket, else localhost."""
    ports = [_port(port, parameters) for port in parameters.get("port").split(",")]
    # A name is needed to verify a certificate, so it wins over hostaddr.
    names = (parameters.get("host") or parameters.get("hostaddr")).split(",")
    if len(ports) not in (1, len(names)):
        raise UsageProblem(f"{parameters.sources['port']}: {len(ports)} ports for {len(names)} hosts")
    if len(ports) == 1:
        ports *= len(names)
    return tuple(_host(name, port) for name, port in zip(names, ports, strict=True))


def _host(name: str, port: int) -> Host:
    socket_path = re.fullmatch(r"(/.*)/\.s\.PGSQL\.(\d+)", name)  # as asyncpg takes it
    if socket_path is not None:
        return Host(name=socket_path[1], port=int(socket_path[2]))
    return Host(name=name or _default_host(port), port=port)


def _port(text: str, parameters: Parameters) -> int:
    if not text:
        return 5432
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise parameters.problem("port", "is no port number: write one from 1 to 65535")
    return int(text)


def _default_host(port: int) -> str:
    for directory in SOCKET_DIRECTORIES:
        if (Path(directory) / f".s.PGSQL.{port}").exists():
            return directory
    return "localhost"


def _with_passwords(
    hosts: tuple[Host, ...], parameters: Parameters, user: str, database: str, environ: Mapping[str, str]
) -> tuple[tuple[Host, ...], tuple[str, ...], str]:
    """The hosts with their passwords; what was passed over; where the passwords came from."""
    if parameters.get("password"):
        secret = Secret(parameters.get("password"))
        return tuple(_with_password(host, secret) for host in hosts), (), ""
    file: PasswordFile = read_password_file(environ, parameters.get("passfile"))
    found = tuple(_with_password(host, file.password(host, database, user)) for host in hosts)
    source = str(file.path) if any(host.password for host in found) else ""
    return found, (file.ignored,) if file.ignored else (), source


def _with_password(host: Host, password: Secret | None) -> Host:
    return Host(name=host.name, port=host.port, password=password)


def _tls(parameters: Parameters) -> Tls:
    old_mode = SslMode.REQUIRE if parameters.get("requiressl") == "1" else SslMode.PREFER
    mode = _one_of(parameters, "sslmode", tuple(SslMode)) or old_mode
    negotiation = _one_of(parameters, "sslnegotiation", ("postgres", "direct"))
    key_password = parameters.get("sslpassword")
    return Tls(
        mode=SslMode(mode),
        root_cert=_certificate_file(parameters, "sslrootcert", mode),
        cert=_certificate_file(parameters, "sslcert", mode),
        key=_certificate_file(parameters, "sslkey", mode),
        key_password=Secret(key_password) if key_password else None,
        direct=negotiation == "direct",
        revoked=_certificate_file(parameters, "sslcrl", mode),
        oldest=_one_of(parameters, "ssl_min_protocol_version", PROTOCOLS),
        newest=_one_of(parameters, "ssl_max_protocol_version", PROTOCOLS),
    )


def _rules(parameters: Parameters) -> LoginRules:
    """What the server may ask for; a demand that cannot be met here is refused by name, never passed over."""
    for key, words in UNMET.items():
        if parameters.get(key).lower() in words or (not words and parameters.get(key)):
            raise parameters.problem(key, "is not supported: leave it out, or look with psql")
    try:
        methods = parse_methods(parameters.get("require_auth"))
    except ValueError as error:
        raise parameters.problem("require_auth", f"is unknown ({error}): write one of {', '.join(METHODS)}") from None
    return LoginRules(methods=methods, peer=parameters.get("requirepeer"))


def _certificate_file(parameters: Parameters, key: str, mode: str) -> str:
    """The path, `~` resolved; a missing file matters only where TLS does. `system` is libpq's word for the system's."""
    written = parameters.get(key)
    if not written or (key == "sslrootcert" and written == "system"):
        return written
    path = Path(written).expanduser()
    if mode != SslMode.DISABLE and not path.is_file():
        raise parameters.problem(key, "is no readable file")
    return str(path)


def _one_of(parameters: Parameters, key: str, words: Sequence[str]) -> str:
    if parameters.get(key) and parameters.get(key) not in words:
        raise parameters.problem(key, f"is unknown: write one of {', '.join(words)}")
    return parameters.get(key)
