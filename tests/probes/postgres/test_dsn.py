"""The server is the one the user named, by the strongest of the sources."""

from __future__ import annotations

import dataclasses
import os
import pwd
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge_doctor.errors import UsageProblem
from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.probes.postgres.target import Secret, SslMode, Target

NOWHERE = {"HOME": "/nonexistent"}


def resolve(dsn: str, **environ: str) -> Target:
    (target,) = resolve_targets([dsn], {**NOWHERE, **environ})
    return target


def from_environment(**environ: str) -> Target:
    (target,) = resolve_targets([], {**NOWHERE, **environ})
    return target


def password_of(target: Target) -> str | None:
    secret = target.hosts[0].password
    return secret.reveal() if secret else None


def test_each_dsn_given_is_a_target_of_its_own() -> None:
    targets = resolve_targets(["postgresql://a@x/one", "host=y user=b dbname=two"], NOWHERE)
    assert [target.label for target in targets] == ["a@x:5432/one", "b@y:5432/two"]


def test_the_flag_wins_over_our_variable_that_over_database_url_that_over_libpqs() -> None:
    layers = {
        "PGHOST": "libpq",
        "DATABASE_URL": "postgresql://u@general/db",
        "FORGE_DOCTOR_DSN": "postgresql://u@own/db",
    }
    assert resolve("postgresql://u@flag/db", **layers).hosts[0].name == "flag"
    assert from_environment(**layers).hosts[0].name == "own"
    del layers["FORGE_DOCTOR_DSN"]
    assert from_environment(**layers).hosts[0].name == "general"
    del layers["DATABASE_URL"]
    assert from_environment(**layers).hosts[0].name == "libpq"


def test_each_part_says_where_it_came_from() -> None:
    target = resolve("postgresql:///shop", PGHOST="db", PGUSER="u", PGPASSWORD="p", PGPORT="5433")
    assert target.label == "u@db:5433/shop"
    assert target.sources == {
        "dbname": "--dsn",
        "host": "PGHOST",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "port": "PGPORT",
    }


def test_an_unset_or_empty_environment_names_no_server() -> None:
    with pytest.raises(UsageProblem, match="no server is named: pass --dsn postgresql://"):
        resolve_targets([], {**NOWHERE, "DATABASE_URL": ""})


def test_an_empty_dsn_is_a_mistake_and_not_the_default_server() -> None:
    with pytest.raises(UsageProblem, match="--dsn is empty"):
        resolve("", DATABASE_URL="postgresql://u@db/x")


def test_a_mistake_in_a_variable_is_blamed_on_the_variable() -> None:
    with pytest.raises(UsageProblem, match=r"^DATABASE_URL: 'mysql://u:\*\*\*@db/x'"):
        from_environment(DATABASE_URL="mysql://u:Zq9secret@db/x")


def test_user_and_database_default_as_in_libpq() -> None:
    target = resolve("postgresql://db")
    account = pwd.getpwuid(os.geteuid()).pw_name
    assert (target.user, target.database) == (account, account)
    assert resolve("postgresql://u@db").database == "u"


def test_several_hosts_pair_with_their_ports() -> None:
    assert resolve("postgresql://u@a:1,b:2,[::1]:3/db").label == "u@a:1,b:2,[::1]:3/db"
    assert [host.port for host in resolve("host=a,b port=6000 user=u").hosts] == [6000, 6000]
    with pytest.raises(UsageProblem, match="2 ports for 3 hosts"):
        resolve("host=a,b,c port=1,2 user=u")


def test_a_socket_is_named_by_its_directory_or_its_path() -> None:
    assert resolve("postgresql://u@/db?host=/run/x").hosts[0].is_socket
    assert resolve("postgresql://u@/db?host=/run/x/.s.PGSQL.6000").label == "u@/run/x:6000/db"


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("sslmode=on", "sslmode='on' is unknown: write one of disable, allow, prefer"),
        ("sslrootcert=/nonexistent/ca.pem", "sslrootcert='/nonexistent/ca.pem' is no readable file"),
        ("target_session_attrs=master", "target_session_attrs='master' is unknown"),
        ("port=70000", "port='70000' is no port number"),
    ],
)
def test_a_wrong_value_is_named_with_the_right_ones(query: str, problem: str) -> None:
    with pytest.raises(UsageProblem, match=r"^--dsn: ") as caught:
        resolve(f"postgresql://u:Zq9secret@db/shop?{query}")
    assert problem in str(caught.value)
    assert "Zq9secret" not in str(caught.value)


def test_tls_settings_come_from_the_variables_as_well(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.touch()
    tls = resolve("postgresql://db", PGSSLMODE="verify-ca", PGSSLROOTCERT=str(authority)).tls
    assert (tls.mode, tls.root_cert) == (SslMode.VERIFY_CA, str(authority))
    assert resolve("postgresql://db").tls.mode is SslMode.PREFER
    assert resolve("postgresql://db?sslmode=verify-full&sslrootcert=system").tls.root_cert == "system"
    assert resolve("postgresql://db?sslmode=disable&sslrootcert=/nonexistent").tls.root_cert == "/nonexistent"


def test_a_certificate_in_the_home_directory_may_be_written_with_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ca.pem").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve("postgresql://db?sslrootcert=~/ca.pem").tls.root_cert == str(tmp_path / "ca.pem")


def write_pgpass(home: Path, text: str, mode: int = 0o600) -> Path:
    file = home / ".pgpass"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_pgpass_gives_the_password_of_the_first_line_that_fits(tmp_path: Path) -> None:
    file = write_pgpass(
        tmp_path,
        "# comment\nother:*:*:*:no\ndb:5432:shop:u:first\n*:*:*:u:se\\:co\\\\nd\nlocalhost:*:*:s:a:bare:colon\n",
    )
    home = {"HOME": str(tmp_path)}
    target = resolve("postgresql://u@db/shop", **home)
    assert password_of(target) == "first"
    assert target.sources["password"] == str(file)
    assert password_of(resolve("postgresql://u@db/elsewhere", **home)) == "se:co\\nd"
    assert password_of(resolve("postgresql://s@/x?host=/run/x", **home)) == "a:bare:colon"
    assert password_of(resolve("postgresql://stranger@db/shop", **home)) is None
    assert password_of(resolve("postgresql://u:own@db/shop", **home)) == "own"


def test_each_host_has_its_own_password_in_pgpass(tmp_path: Path) -> None:
    write_pgpass(tmp_path, "a:*:*:u:one\nb:*:*:u:two\n")
    target = resolve("postgresql://u@a,b/db", HOME=str(tmp_path))
    assert [host.password for host in target.hosts] == [Secret("one"), Secret("two")]


def test_a_pgpass_others_may_read_is_passed_over_and_says_so(tmp_path: Path) -> None:
    file = write_pgpass(tmp_path, "*:*:*:*:p\n", mode=0o644)
    target = resolve("postgresql://u@db/shop", HOME=str(tmp_path))
    assert password_of(target) is None
    assert target.notes == (f"{file} was ignored: others may read it (mode 0644); run: chmod 0600 {file}",)


def test_a_password_file_named_and_missing_is_mentioned(tmp_path: Path) -> None:
    missing = tmp_path / "none"
    assert resolve("postgresql://u@db", PGPASSFILE=str(missing)).notes == (f"{missing} was ignored: it does not exist",)
    assert resolve("postgresql://u@db").notes == ()


def test_a_service_fills_what_the_dsn_leaves_open_and_wins_over_variables(tmp_path: Path) -> None:
    file = tmp_path / ".pg_service.conf"
    file.write_text(
        "[other]\nhost=no\n\n# ours\n[shop]\nhost=db\nport=6000\nuser=u\npassword=p=1\ndbname=shop\n[x]\nhost=no\n"
    )
    environ = {"HOME": str(tmp_path), "PGHOST": "variable"}
    for target in (
        resolve("service=shop", **environ),
        resolve("postgresql:///?service=shop", **environ),
        from_environment(PGSERVICE="shop", **environ),
    ):
        assert target.label == "u@db:6000/shop"
        assert password_of(target) == "p=1"
        assert target.sources["host"] == str(file)
    assert resolve("service=shop dbname=other", **environ).database == "other"


def test_an_unknown_service_names_the_files_searched(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match=r"--dsn: no section \[shop\] in .*pg_service\.conf"):
        resolve("service=shop", HOME=str(tmp_path), PGSYSCONFDIR=str(tmp_path))


@given(
    user=st.text(alphabet="abc@:/ %", min_size=1, max_size=6),
    password=st.text(max_size=12).map(lambda text: f"Zq9{text}9qZ").filter(lambda text: "\0" not in text),
)
@settings(deadline=None)
def test_no_view_of_a_target_shows_the_password(user: str, password: str) -> None:
    target = resolve(f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@db/shop")
    assert password_of(target) == password
    for view in (repr(target), str(target), target.label, repr(dataclasses.asdict(target)), f"{target.hosts[0]}"):
        assert "Zq9" not in view
        assert "9qZ" not in view


def test_resolving_an_address_loads_no_driver() -> None:
    code = (
        "import sys; from forge_doctor.probes.postgres.dsn import resolve_targets;"
        "print(resolve_targets(['postgresql://u@db/x'], {'HOME': '/nonexistent'})[0].label,"
        "sorted({'asyncio', 'asyncpg', 'ssl', 'psycopg', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "u@db:5432/x []"
