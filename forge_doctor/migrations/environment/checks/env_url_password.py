"""The password of a database user is written in alembic.ini or env.py.

Why: whoever can read the repository, an image or its history has it, and the user that migrates may drop tables.

Bad:

    # file: alembic.ini
    [alembic]
    script_location = migrations
    sqlalchemy.url = postgresql+asyncpg://shop:tr0ub4dor-9x@db.shop-internal.net/shop

    # file: env.py
    from alembic import context

    context.run_migrations()

Good:

    # file: alembic.ini
    [alembic]
    script_location = migrations

    # file: env.py
    import os
    from alembic import context

    context.config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"].replace("%", "%%"))
    context.run_migrations()

Wrong when: it is no secret: a placeholder, a development password that everybody knows, or the example Alembic writes into
each new alembic.ini. Placeholders are not told; a database on this machine, in the same compose file or on a reserved name
for examples gives low or medium confidence. The password is never shown.

Source: https://cwe.mitre.org/data/definitions/798.html (use of hard-coded credentials)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.dsn import Dsn
from forge_doctor.code.orm.passwords import is_placeholder
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.migrations.environment.env_script import EnvScript
from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.regex import regex

RESERVED = regex(
    r"(?:^|\.)(?:example|test|invalid|localhost)(?:\.(?:com|net|org))?$|^(?:host|hostname|server|your|my)\b"
)


@check(severity=Severity.ERROR)
def env_url_password(script: EnvScript) -> Iterator[Finding]:
    """Look at the URLs in alembic.ini and env.py."""
    for one in script.urls:
        dsn = one.dsn
        if not dsn.password or dsn.dialect == "driver" or is_placeholder(dsn):
            continue
        host = dsn.host.replace(HOLE, "...") or "a local socket"
        where = f"`{one.key}`" if one.key else "the code"
        yield Finding(
            check=env_url_password.id,
            severity=Severity.ERROR,
            confidence=_confidence(dsn),
            message=f"the password of a database user on {host} is written in {where}: everyone who can read the file has it",
            location=one.location,
            remedy='take the URL from the environment in env.py: os.environ["DATABASE_URL"]; then change the password',
            evidence=(Evidence(label="host", value=host, source="the URL"),),
        )


def _confidence(dsn: Dsn) -> Confidence:
    if dsn.is_local:
        return Confidence.LOW
    return Confidence.MEDIUM if HOLE in dsn.host or RESERVED.search(dsn.host) else Confidence.HIGH
