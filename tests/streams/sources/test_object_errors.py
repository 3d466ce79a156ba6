"""Logs in Google's storage are read from a real endpoint; what the storage refuses is named with its mend."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest

from forge_doctor.errors import CannotInspect
from forge_doctor.logs import fleet
from forge_doctor.logs.collect import Task, collect
from forge_doctor.logs.culprit import Rules
from forge_doctor.logs.fleet import ObjectSource, find_objects
from forge_doctor.streams.sources.object_errors import explain_storage
from tests.support.google_storage import BUCKET, google_endpoint, refusing_storage, run_google_storage
from tests.support.listeners import listener, say_nothing
from tests.support.log_generator import Truth, write_log

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Truth]:
    """What is in the bucket's only log."""
    with run_google_storage() as url, google_endpoint(url):
        import gcsfs

        path = tmp_path_factory.mktemp("bucket") / "app.log"
        truth = write_log(path, 300_000, 0.2)
        gcsfs.GCSFileSystem(token="anon").put(str(path), f"{BUCKET}/prod/app.log")
        yield truth


def test_the_command_reads_a_log_in_google_s_storage(truth: Truth) -> None:
    command = [sys.executable, "-m", "forge_doctor", "logs", f"gs://{BUCKET}/prod/", "-f", "json"]
    done = subprocess.run(command, capture_output=True, timeout=120)
    assert (done.returncode, done.stderr) == (1, b"")
    said = json.loads(done.stdout)
    counts = {(one["signature"], one["culprit"]["line"]): one["count"] for one in said["problems"]}
    assert counts == {(key[0], key[2]): seen.count for key, seen in truth.problems.items() if key[0]}
    assert said["inspected"]["bytes"] == truth.size


def test_a_folder_a_glob_and_a_name_mean_the_same_object(truth: Truth) -> None:
    (found,) = find_objects([f"gs://{BUCKET}/prod/", f"gs://{BUCKET}/prod/*.log", f"gs://{BUCKET}/prod/app.log"])
    assert (found.name, found.size) == (f"gs://{BUCKET}/prod/app.log", truth.size)


def test_a_bucket_or_object_that_is_not_there_is_named(truth: Truth) -> None:
    with pytest.raises(
        CannotInspect, match=r"gs://nowhere/x: cannot be listed: no such bucket or object: check the URL"
    ):
        find_objects(["gs://nowhere/x"])
    with pytest.raises(CannotInspect, match=r"gs://shop-logs/none\.log: names no object"):
        find_objects([f"gs://{BUCKET}/none.log"])
    gone = collect(Task(source=ObjectSource(name=f"gs://{BUCKET}/gone.log"), rules=Rules(reference=0.0)))
    assert gone.problem.startswith(f"gs://{BUCKET}/gone.log: cannot be read: no such bucket or object")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (
            401,
            "no credentials that it accepts (Anonymous caller may not, 401): set GOOGLE_APPLICATION_CREDENTIALS, or run",
        ),
        (403, "grant storage.objects.list and storage.objects.get"),
    ],
)
def test_a_refusal_names_the_credentials_or_the_rights_that_are_missing(status: int, said: str) -> None:
    with (
        refusing_storage(status, "Anonymous caller may not") as url,
        google_endpoint(url),
        pytest.raises(CannotInspect) as caught,
    ):
        find_objects([f"gs://{BUCKET}/prod/"])
    assert str(caught.value).startswith(f"gs://{BUCKET}/prod/: cannot be listed: ")
    assert said in str(caught.value)


@pytest.fixture
def silent() -> Iterator[str]:
    """An endpoint that takes every connection and never answers."""
    with listener(say_nothing) as port:
        yield f"http://127.0.0.1:{port}"


def aws(url: str) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}


@contextmanager
def s3_endpoint(url: str) -> Iterator[None]:
    """The variables that send s3fs to `url`; no client made for another endpoint is left."""
    from s3fs import S3FileSystem

    S3FileSystem.clear_instance_cache()
    with mock.patch.dict(os.environ, aws(url)):
        yield
    S3FileSystem.clear_instance_cache()


def test_a_storage_that_says_nothing_is_told_long_before_its_client_gives_up(
    silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "SILENCE_S", 1)
    begun = time.monotonic()
    with google_endpoint(silent), s3_endpoint(silent):
        for url in ("s3://shop-logs-silent/prod/*.log", f"gs://{BUCKET}/prod/"):
            with pytest.raises(CannotInspect) as caught:
                find_objects([url])
            assert str(caught.value).startswith(f"{url}: cannot be listed: no answer in 1 s: check the endpoint")
        unread = collect(Task(source=ObjectSource(name=f"gs://{BUCKET}/app.log"), rules=Rules(reference=0.0)))
        assert unread.problem.startswith(f"gs://{BUCKET}/app.log: cannot be read: no answer in 1 s")
    # S3's client alone would take five times its fifteen seconds.
    assert time.monotonic() - begun < 30


def test_the_user_s_own_timeouts_hold(silent: str) -> None:
    patience = {"connect_timeout": 0.3, "read_timeout": 0.3, "retries": {"total_max_attempts": 1}}
    environment = {**os.environ, **aws(silent), "FSSPEC_S3": json.dumps({"config_kwargs": patience})}
    command = [sys.executable, "-m", "forge_doctor", "logs", "s3://shop-logs-silent/x"]
    done = subprocess.run(command, capture_output=True, timeout=120, env=environment, text=True)
    assert done.returncode == 3
    assert "s3://shop-logs-silent/x: cannot be listed: " in " ".join(done.stdout.split())
    assert "no answer in" not in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError("Access Denied"), "may not read it (Access Denied): grant s3:ListBucket and s3:GetObject"),
        (ValueError("Unable to locate credentials"), "set AWS_PROFILE, or AWS_ACCESS_KEY_ID"),
        (FileNotFoundError("The specified bucket does not exist"), "no such bucket or object: check the URL"),
        (OSError("the line went dead\nat length"), "the line went dead"),
    ],
)
def test_s3_says_it_alike(error: Any, said: str) -> None:
    assert said in explain_storage("s3://shop-logs/x", error)
    assert explain_storage("file:///x", error) == str(error).partition("\n")[0]
