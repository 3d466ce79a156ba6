"""The log of a real server, found by its processes: its standard error, or the files of its collector."""

from __future__ import annotations

from forge_doctor.probes.deployment.outputs import Way
from forge_doctor.probes.deployment.server_logs import find_postmasters, log_of, resolved
from forge_doctor.probes.processes.table import read_process_table
from tests.support.postgres import PostgresServer, postgres18_bin, run_postgres


def test_a_server_is_known_by_its_port_and_its_folder(postgres18: PostgresServer) -> None:
    (server,) = [one for one in find_postmasters(read_process_table()) if one.port == postgres18.port]
    assert server.socket_folder == str(postgres18.socket_dir)
    assert server.logger is None
    (output,) = log_of(server)
    assert output.way is Way.FILE


def test_a_collectors_file_is_the_log() -> None:
    settings = {"logging_collector": "on", "log_directory": "log", "log_filename": "own.log"}
    with run_postgres(postgres18_bin(), settings) as server:
        (found,) = [one for one in find_postmasters(read_process_table()) if one.port == server.port]
        assert found.logger is not None
        assert [output.path.rpartition("/")[2] for output in log_of(found)] == ["own.log"]


def test_a_name_nobody_knows_has_no_address() -> None:
    assert "127.0.0.1" in resolved("localhost")
    assert resolved("no-such-host.invalid") == frozenset()
