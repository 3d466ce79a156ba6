"""Logs in to one PostgreSQL server with asyncpg, and puts each way of failing into the user's words; it runs no SQL."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from forge_doctor.errors import CannotInspect
from forge_doctor.probes.postgres import errors
from forge_doctor.probes.postgres.answer_size import AnswerSize
from forge_doctor.probes.postgres.errors import ServerError, Unreachable
from forge_doctor.probes.postgres.greeting import Listener, identify, resolve
from forge_doctor.probes.postgres.login_rules import LoginRefused
from forge_doctor.probes.postgres.target import Target
from forge_doctor.probes.postgres.watched_login import WatchedLoop

if TYPE_CHECKING:
    import asyncpg

APPLICATION_NAME = "forge-doctor"
IDENTIFY_S = 0.4
# What the driver raises where a server's message is not as the protocol has it: each parser its own.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, BufferError)


async def log_in(target: Target, limit_s: float) -> tuple[asyncpg.Connection[Any], AnswerSize]:
    """A session on the target's first host, and what counts its answers; raises `CannotInspect` within `limit_s` in all."""
    import asyncpg

    identify_s = min(IDENTIFY_S, limit_s / 4)
    deadline = asyncio.get_running_loop().time() + limit_s - identify_s
    await _resolve(target, deadline, limit_s)
    loop = WatchedLoop(target.rules)
    try:
        async with asyncio.timeout_at(deadline):
            return await asyncpg.connect(**_arguments(target), timeout=None, loop=loop), loop.answer
    except TimeoutError:
        raise await _timed_out(target, identify_s, limit_s) from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        if loop.refusal:
            raise LoginRefused(f"{target.label}: {loop.refusal}") from None
        raise await _refusal(target, error, identify_s) from None
    except UNREADABLE as error:
        raise errors.unreadable(target, error) from None


async def _resolve(target: Target, deadline: float, limit_s: float) -> None:
    host = target.hosts[0]
    try:
        async with asyncio.timeout_at(deadline):
            await resolve(host)
    except TimeoutError:
        raise errors.timed_out(target, limit_s, f"no name server answered for {host.name!r}") from None
    except OSError as error:
        raise errors.refused_network(target, error) from None


async def _timed_out(target: Target, identify_s: float, limit_s: float) -> CannotInspect:
    listener, seen = await identify(target.hosts[0], identify_s)
    if listener is Listener.FOREIGN:
        return errors.not_postgres(target, seen)
    return errors.timed_out(target, limit_s, seen)


async def _refusal(target: Target, error: Exception, identify_s: float) -> CannotInspect:
    """What the driver's exception means, after a look at what listens there where it does not say."""
    import asyncpg

    if isinstance(error, asyncpg.PostgresError) and getattr(error, "severity", None):
        return errors.refused_session(target, server_error(error))
    if isinstance(error, ssl.SSLError):
        return errors.certificate_problem(target, str(error))
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched):
        return Unreachable(f"{target.label}: the server is not {target.session_attributes}")
    by_driver = isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError)
    if by_driver and not isinstance(error, asyncpg.ProtocolError):
        return errors.refused_by_driver(target, str(error.args[0]))
    refusal = errors.refused_network(target, error if isinstance(error, OSError) else ConnectionError(str(error)))
    if not refusal.lost:
        return refusal
    listener, seen = await identify(target.hosts[0], identify_s)
    if listener is Listener.FOREIGN:
        return errors.not_postgres(target, seen)
    return errors.no_tls(target) if "rejected SSL upgrade" in str(error) else refusal


def _arguments(target: Target) -> dict[str, Any]:
    """All that asyncpg would else take from the environment is given, so that nothing else counts."""
    host = target.hosts[0]
    tls = {
        "sslmode": "disable" if host.is_socket else target.tls.mode,
        "sslrootcert": target.tls.root_cert,
        "sslcert": target.tls.cert,
        "sslkey": target.tls.key,
        "sslcrl": target.tls.revoked,
        "ssl_min_protocol_version": target.tls.oldest,
        "ssl_max_protocol_version": target.tls.newest,
        "sslpassword": target.tls.key_password.reveal() if target.tls.key_password else "",
    }
    arguments: dict[str, Any] = {
        "dsn": "postgresql://?" + urlencode({key: value for key, value in tls.items() if value}),
        "host": host.name,
        "port": host.port,
        "user": target.user,
        "password": host.password.reveal() if host.password else "",
        "database": target.database,
        "direct_tls": target.tls.direct,
        "target_session_attrs": target.session_attributes,
        "server_settings": {"application_name": APPLICATION_NAME},
        "statement_cache_size": 0,  # a pooler in transaction mode loses named statements
    }
    if target.tls.root_cert == "system" and target.tls.mode.demanded:
        arguments["ssl"] = ssl.create_default_context()
    return arguments


def server_error(error: asyncpg.PostgresError) -> ServerError:
    """The driver's exception as the server's answer."""
    return ServerError(
        sqlstate=error.sqlstate or "",
        message=error.args[0] if error.args else "",
        routine=getattr(error, "server_source_function", None) or "",
    )
