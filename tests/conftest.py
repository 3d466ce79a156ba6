"""Fixtures every test may ask for; the real servers live in `tests/support`."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

# Nothing is timed: a busy machine makes every example slow.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")

# A plugin that imports another comes after it: pytest warns where it can no longer rewrite assertions.
pytest_plugins = [
    "tests.support.postgres",
    "tests.support.pgbouncer",
    "tests.support.tls",
    "tests.support.app_server",
    "tests.support.docker_engine",
]


def pytest_configure() -> None:
    """A run in the background begins with interrupts ignored, and so would every process it starts and interrupts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: nothing of it is looked at for garbage again, in each of the processes."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first: at the end of a run shared by several processes all but one would wait for it."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session", autouse=True)
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache folder of the test run's own, for every process it starts: never the developer's."""
    with pytest.MonkeyPatch.context() as patch:
        # What installs packages keeps them where it always does.
        if "PIP_CACHE_DIR" not in os.environ:
            patch.setenv("PIP_CACHE_DIR", str(Path.home() / ".cache/pip"))
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache-home")))
        yield
