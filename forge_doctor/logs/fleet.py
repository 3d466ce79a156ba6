"""Reads logs in object storage on the workers of an existing Dask cluster; starts no cluster and writes nothing.

Each object is one task: a worker that dies is replaced by another one, which reads the object again.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any, cast

from forge_doctor.dataclass import dataclass, replace
from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.extras import install_line
from forge_doctor.logs.collect import Collected, Progress, Task, collect
from forge_doctor.streams.sources.files import SCHEMES, LogStream
from forge_doctor.streams.sources.object_errors import explain_storage, reason, storage_errors
from forge_doctor.streams.sources.unpack import open_plain

if TYPE_CHECKING:
    from distributed import Client

CONNECT_S = 10
SILENCE_S = 12
"""How long a storage may say nothing at all: its client asks again and again, for a minute or more."""
# Options of fsspec by which a user says how long to wait.
PATIENCE = frozenset({"config_kwargs", "requests_timeout", "timeout"})
# A worker may be lost so often under one object before the object is blamed.
MOST_DEATHS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSource:
    """A log in object storage, by its URL."""

    name: str
    bytes: int | None = None

    @property
    def way(self) -> str:
        """How it is read, for the report."""
        return "object storage"

    @property
    def size(self) -> int | None:
        """Bytes stored, as the listing says."""
        return self.bytes

    def open(self) -> LogStream:
        """Raises `CannotInspect` with the storage's own words."""
        try:
            storage, path = reach(self.name)
            file = storage.open(path, "rb", block_size=8 << 20)
        except storage_errors(self.name) as error:
            raise CannotInspect(f"{self.name}: cannot be read: {explain_storage(self.name, error)}") from error
        return open_plain(self.name, Stored(self.name, file))


class Stored(io.RawIOBase):
    """An object's bytes; what the storage refuses is `CannotInspect`."""

    def __init__(self, name: str, file: Any) -> None:
        super().__init__()
        self._name, self._file = name, file

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer; 0 at the end."""
        try:
            return cast("int", self._file.readinto(buffer))
        except storage_errors(self._name) as error:
            raise CannotInspect(
                f"{self._name}: unreadable from here on: {explain_storage(self._name, error)}"
            ) from error

    def close(self) -> None:
        """Close the object too."""
        self._file.close()
        super().close()


def find_objects(arguments: Sequence[str]) -> tuple[ObjectSource, ...]:
    """The objects that URLs, and globs and folders of URLs, name; raises `CannotInspect` for one that names none."""
    found: dict[str, ObjectSource] = {}
    for argument in arguments:
        scheme = argument.partition("://")[0]
        require("fsspec", SCHEMES[scheme])
        for source in listing(argument, scheme):
            found.setdefault(source.name, source)
    return tuple(found.values())


def listing(url: str, scheme: str) -> list[ObjectSource]:
    """The objects behind one URL, by name."""
    try:
        storage, path = reach(url)
        entries = storage.glob(path, detail=True) if "*" in path else storage.find(path, detail=True)
    except storage_errors(url) as error:
        raise CannotInspect(f"{url}: cannot be listed: {explain_storage(url, error)}") from error
    files = [entry for entry in entries.values() if entry["type"] == "file"]
    if not files:
        raise CannotInspect(f"{url}: names no object")
    return [ObjectSource(name=f"{scheme}://{entry['name']}", bytes=entry["size"]) for entry in files]


def reach(url: str) -> tuple[Any, str]:
    """The storage behind a URL, and the path there; raises `TimeoutError` where nothing answers for SILENCE_S.

    Where the user's own options for fsspec say how long to wait, those hold.
    """
    import fsspec

    storage, path = fsspec.core.url_to_fs(url)
    protocols = (storage.protocol,) if isinstance(storage.protocol, str) else storage.protocol
    own = {option for protocol in protocols for option in fsspec.config.conf.get(protocol, {})}
    if not storage.async_impl or own & PATIENCE:
        return storage, path
    folder = path.partition("*")[0].rpartition("/")[0] if "*" in path else path
    # What it refuses, it refuses again and better named.
    with contextlib.suppress(FileNotFoundError, PermissionError):
        try:
            fsspec.asyn.sync(storage.loop, storage._info, folder, timeout=SILENCE_S)
        except fsspec.exceptions.FSTimeoutError:
            raise TimeoutError(f"no answer in {SILENCE_S} s: check the endpoint, the proxy and the network") from None
    return storage, path


def collect_on_cluster(tasks: Sequence[Task], scheduler: str, progress: Progress) -> Iterator[Collected]:
    """What each source came to, as the cluster's workers are done with it."""
    require("distributed", "distributed")
    from distributed import KilledWorker, as_completed

    with connect(scheduler) as client:
        waiting = {client.submit(collect, task, pure=False, retries=MOST_DEATHS): task for task in tasks}
        for future in as_completed(waiting, loop=client.loop):
            task = waiting[future]
            try:
                done: Collected = future.result()
            except KilledWorker as error:
                done = replace(nothing(task), problem=f"{task.source.name}: {reason(error)}")
            except CancelledError:
                lost = f"the connection to the scheduler {scheduler} was lost before its worker answered"
                done = replace(nothing(task), problem=f"{task.source.name}: was not read: {lost}")
            progress(done.name, done.summary.bytes, len(done.summary.groups))
            yield done


def nothing(task: Task) -> Collected:
    """What an unread source came to."""
    from forge_doctor.logs.problems.summary import Summary

    return Collected(name=task.source.name, way="", summary=Summary())


def connect(scheduler: str) -> Client:
    """A client of the cluster; raises `CannotInspect` where nothing answers or nobody works."""
    from distributed import Client

    # What it says of a lost scheduler is told by us, for each object that was not read.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        client = Client(scheduler, timeout=CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise CannotInspect(f"--dask {scheduler}: no scheduler answers there: {reason(error)}") from error
    if not client.scheduler_info(n_workers=-1)["workers"]:
        client.close()
        raise CannotInspect(f"--dask {scheduler}: has no workers")
    return client


def require(*modules: str) -> None:
    """Raise `UsageProblem` naming the extra where a module is missing."""
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        raise UsageProblem(f"{', '.join(missing)} not installed: {install_line('fleet', missing)}")
