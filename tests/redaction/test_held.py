"""A secret that the run was given leaves it in no output, whoever echoes it and however it is written there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from forge_doctor.diagnosis import Diagnosis, Holder, Reason, Urgency, Verdict
from forge_doctor.finding import Confidence, Evidence, Finding, Location, NotRun, Severity
from forge_doctor.formats import OutputFormat
from forge_doctor.picture import Bar, Excerpt, Lane, Node, Timeline, Tree
from forge_doctor.probes.deployment.variables import read_variables
from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.redaction.held import forget, hold, hold_environment, hold_url, mask_held, without_held
from forge_doctor.redaction.shapes import MASK
from forge_doctor.render import RenderOptions, render
from forge_doctor.report import Report, Table

SECRET = "Zq9 'x\"<&>/\\ü"


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    forget()
    yield
    forget()


def a_report(text: str) -> Report:
    finding = Finding(
        check="idle-in-transaction",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        message=f"message {text}",
        location=Location(target=f"app/{text}", line=3),
        evidence=(Evidence(label="query", value=text, source=text),),
        remedy=f"type {text}",
    )
    return Report(
        command="pool",
        subject=text,
        findings=(finding,),
        not_run=(NotRun(check="pool", reason=text, remedy=text),),
        inspected={"sessions": 1},
        headline=text,
        tables=(Table(title=text, columns=("a",), rows=((text,),)),),
        data={"pool": {"deep": [{"text": text}]}},
        pictures=(
            Timeline(title=text, start=0, end=9, lanes=(Lane(name=text, bars=(bar(text),)),), note=text),
            Tree(title=text, roots=(Node(label=text, detail=text, behind=(Node(label=text),)),), note=text),
            Excerpt(location=Location(target=f"app/{text}", line=3), first=3, lines=(text,), title=text),
        ),
        diagnoses=(
            Diagnosis(
                cause="leaked-session",
                verdict=Verdict.LIKELY,
                urgency=Urgency.OUTAGE,
                title=text,
                holders=(Holder(name=text, statement=text),),
                why=(Reason(text=text, part="pool", source=text),),
                now=(text,),
            ),
        ),
    )


def bar(text: str) -> Bar:
    return Bar(label=text, start=0, end=9, state=text, detail=text)


@pytest.mark.parametrize("output_format", list(OutputFormat))
def test_no_format_shows_a_secret_that_is_held(output_format: OutputFormat) -> None:
    hold(SECRET)
    shown = render((without_held(a_report(f"it was {SECRET} there")),), output_format, RenderOptions())
    assert "Zq9" not in shown
    assert (
        "Zq9" in render((a_report("Zq9"),), output_format, RenderOptions()) or output_format is OutputFormat.PROMETHEUS
    )


@pytest.mark.parametrize("name", ["SHOP_DB_PASSWORD", "SHOP_DATABASE_URL", "STRIPE_API_KEY"])
def test_what_the_environment_of_a_worker_holds_is_masked_once_it_was_read(name: str) -> None:
    secret = "Zq9-worker/77"
    value = f"postgresql+asyncpg://shop:{quote(secret, safe='')}@db/shop" if name.endswith("URL") else secret
    # It says when it runs: until then the kernel may still be putting its environment in place.
    command = [sys.executable, "-c", "print('up', flush=True); input()"]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={name: value})
    assert worker.stdout is not None
    assert worker.stdout.readline() == b"up\n"
    try:
        assert mask_held(secret) == secret
        read = read_variables(worker.pid)
        assert read is not None
        assert read[name] == value
    finally:
        worker.communicate(b"\n", timeout=30)
    told = a_report(f"FATAL: it said {secret}, {quote(secret, safe='')} and {json.dumps(secret)}")
    for output_format in OutputFormat:
        assert "Zq9" not in render((without_held(told),), output_format, RenderOptions()), output_format
    # What is no report (a snapshot, a line on stderr) is masked as text.
    assert mask_held(json.dumps({"said": [secret, value]})).count("Zq9") == 0


@pytest.mark.parametrize("write", [str, quote, lambda text: json.dumps(text)[1:-1], lambda text: repr(text)[1:-1]])
def test_a_secret_is_known_however_it_is_written(write: object) -> None:
    hold(SECRET)
    assert mask_held(f"<{write(SECRET)}>") == "<***>"  # type: ignore[operator]


@pytest.mark.parametrize("left", ["", "#!", ":@/", "!$&'()*+,;=", "@#!:/ "])
def test_whichever_signs_a_library_leaves_in_a_url(left: str) -> None:
    secret = "P@#!s Zq9:x/y"
    hold(secret)
    assert mask_held(f"said {quote(secret, safe=left)}.") == "said ***."
    assert mask_held(f"said {quote(secret, safe=left).lower().replace('zq9', 'Zq9').replace('p', 'P')}.") == "said ***."


def test_a_short_secret_or_a_word_is_masked_only_where_it_stands_alone() -> None:
    hold("word")
    hold("postgres")
    assert mask_held("word, words, postgres@h, postgresql://h") == "***, words, ***@h, postgresql://h"


def test_a_name_that_is_shown_anyway_is_no_secret() -> None:
    resolve_targets(["postgresql://shop:shop@db/shop"], {"HOME": "/nonexistent"})
    assert mask_held("shop@db/shop") == "shop@db/shop"


def test_what_a_run_is_given_is_held() -> None:
    resolve_targets(["postgresql://u:Zq9%20one@db/d"], {"HOME": "/nonexistent"})
    hold_environment(
        {"DB_PASS": "Zq9-two-2", "OTHER_URL": "redis://x:Zq9three@h/0", "PATH": "/Zq9four", "TOKEN": "true"}
    )
    hold_url("s3://AKEY:Zq9fivexx@bucket/key")
    hold_url("https://h/x?X-Amz-Signature=Zq9sixx77&page=2")
    text = "Zq9 one Zq9-two-2 Zq9three Zq9fivexx Zq9sixx77"
    assert mask_held(text + " true page /Zq9four") == "*** *** *** *** *** true page /Zq9four"


def test_the_folder_we_are_in_is_no_password() -> None:
    hold_environment({"PWD": "/srv/shop/current", "OLDPWD": "/srv/shop/before", "MY_PWD": "/srv/shop/secret"})
    assert mask_held("/srv/shop/current /srv/shop/before /srv/shop/secret") == "/srv/shop/current /srv/shop/before ***"


@pytest.mark.parametrize(
    "arguments",
    [
        ("pool", "--dsn", "postgresql://u:Zq9echoed77@127.0.0.1:1/Zq9echoed77"),
        ("pool", "--dsn", "nonsense Zq9echoed77"),
        ("logs", "s3://AKEY:Zq9echoed77@bucket/key"),
        ("logs", "https://h.invalid/x?X-Amz-Signature=Zq9echoed77"),
        ("pool", "--app", "no_such_module_Zq9echoed77:app", "--dsn", "postgresql://u:p@127.0.0.1:1/d"),
        ("lint", "no/such/Zq9echoed77"),
        ("logs", "no-such-container-Zq9echoed77", "-f", "json"),
    ],
)
def test_no_message_echoes_what_the_environment_holds(arguments: tuple[str, ...], tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "forge_doctor", *arguments],
        cwd=tmp_path,
        env={**os.environ, "SHOP_SECRET": "Zq9echoed77", "AWS_EC2_METADATA_DISABLED": "true"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode in (2, 3)
    assert "Zq9echoed77" not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("value", "alone", "inside"),
    [
        ("ab1", False, False),
        ("abc1", True, False),
        ("abcdef1", True, False),
        ("abcdefg1", True, True),
        # Letters alone may be a word of some length.
        ("abcdefghijklm", True, False),
        ("abcdefghijklmn", True, True),
    ],
)
def test_what_is_short_or_a_word_is_masked_where_it_stands_alone(value: str, alone: bool, inside: bool) -> None:
    hold(value)
    assert (mask_held(f"is {value}.") == "is ***.") is alone
    assert (mask_held(f"isx{value}x.") == "isx***x.") is inside


def test_of_two_secrets_the_longer_is_masked_first() -> None:
    hold("secret99")
    hold("secret99more1")
    assert mask_held("is secret99more1 secret99") == "is *** ***"


def test_a_variable_is_held_from_eight_characters_on() -> None:
    hold_environment({"DB_PASSWORD": "abcd123", "API_SECRET": "efgh1234", "HOME": "/home/x7777777"})
    assert mask_held("abcd123 efgh1234 /home/x7777777") == "abcd123 *** /home/x7777777"


def test_json_with_its_letters_as_they_are_shows_no_secret() -> None:
    hold('a"\u00fcx7777')
    for ascii_only in (True, False):
        assert json.loads(mask_held(json.dumps(['a"\u00fcx7777'], ensure_ascii=ascii_only))) == ["***"]


def test_texts_of_other_types_are_masked_and_members_of_an_enumeration_left() -> None:
    class Text(str): ...

    class Member(StrEnum):
        TOLD = "secret99"

    hold("secret99")
    masked = without_held((Text("is secret99"), Member.TOLD, 7))
    assert masked == ("is ***", Member.TOLD, 7)
    assert masked[1] is Member.TOLD


def test_a_password_is_masked_as_a_header_has_it() -> None:
    hold_url("postgresql://shop:rabbit%20hole@db/shop")
    for password in ("rabbit hole", "rabbit%20hole"):
        assert mask_held(f"sent {b64encode(f'shop:{password}'.encode()).decode()} to it").startswith("sent ***")


@pytest.mark.parametrize("character", sorted(map(chr, range(32, 127))))
def test_what_is_held_as_it_is_alone_is_written_in_no_other_way(character: str) -> None:
    value = f"kx9{character}Q7"
    hold(value)
    written = {quote(value), quote(value, safe=""), quote_plus(value), repr(value)[1:-1], json.dumps(value)[1:-1]}
    assert all(mask_held(f"a {one} b") == f"a {MASK} b" for one in (value, *written))
