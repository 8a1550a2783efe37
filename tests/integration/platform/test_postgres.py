"""The embedded server: shared, found again after a crash, and closed to everybody else."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from app.platform.postgres import APPLICATION, OWNER, SUPERUSER, EmbeddedPostgres
from config import ROOT


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "postgres", durable=False)
    yield server
    server.release()


def connect(server: EmbeddedPostgres, role: str, database: str) -> psycopg.Connection:
    url = make_url(server.url(role, database)).set(drivername="postgresql")
    return psycopg.connect(url.render_as_string(), autocommit=True)


def answers(server: EmbeddedPostgres) -> bool:
    try:
        connect(server, SUPERUSER, "postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def test_the_last_one_to_leave_stops_it(server: EmbeddedPostgres) -> None:
    other = EmbeddedPostgres(server.data, durable=False)
    server.acquire()
    other.acquire()
    server.release()
    assert answers(other)
    other.release()
    assert not answers(other)


def test_a_process_that_was_killed_keeps_no_lease(server: EmbeddedPostgres) -> None:
    script = (
        "import os, sys; from pathlib import Path; from app.platform.postgres import EmbeddedPostgres;"
        "EmbeddedPostgres(Path(sys.argv[1]), durable=False).acquire(); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script, server.data], cwd=ROOT, check=False, timeout=60)
    assert answers(server)
    server.acquire()
    server.release()
    assert not answers(server)


def test_what_was_committed_is_there_after_its_server_was_killed(tmp_path: Path) -> None:
    server, later = EmbeddedPostgres(tmp_path / "postgres"), EmbeddedPostgres(tmp_path / "postgres")
    server.acquire()
    try:
        server.provision("kept")
        with connect(server, OWNER, "kept") as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(int((server.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        deadline = time.monotonic() + 30
        while answers(server):
            assert time.monotonic() < deadline
        later.acquire()
        with connect(later, OWNER, "kept") as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    finally:
        server.release()
        later.release()


def test_a_long_path_with_spaces_will_do(tmp_path: Path) -> None:
    folder = tmp_path / "一个 很长的 folder's name" / ("x" * 100)
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    try:
        server.acquire()
        assert answers(server)
        assert server.socket_folder != server.data
        assert stat.S_IMODE(server.socket_folder.stat().st_mode) == 0o700
    finally:
        server.release()
    assert not server.socket_folder.exists()


def test_nobody_else_reaches_the_socket_and_nothing_listens_on_the_network(
    server: EmbeddedPostgres,
) -> None:
    server.acquire()
    assert stat.S_IMODE(server.socket_folder.stat().st_mode) == 0o700
    with connect(server, SUPERUSER, "postgres") as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_the_application_has_no_ddl(server: EmbeddedPostgres) -> None:
    server.acquire()
    server.provision("district")
    server.provision("district")
    with connect(server, APPLICATION, "district") as connection:
        for statement in (
            "CREATE TABLE mine (id int)",
            "CREATE TEMP TABLE mine (id int)",
            "CREATE SCHEMA mine",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_data_of_another_version_is_refused_with_what_to_do(server: EmbeddedPostgres) -> None:
    server.data.mkdir()
    (server.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(RuntimeError, match="pg_dump"):
        server.acquire()
