"""A machine of its own: secrets are made once, and the whole system starts and stops as one."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from dotenv import dotenv_values
from pydantic import ValidationError

from app.platform.local import ensure_local_env, explain, settings
from config import ROOT, Settings

CODE = ("app", "migrations", "static", "templates", "config.py", "wsgi.py", "gunicorn.conf.py")
START_SECONDS = 120


def test_secrets_are_written_once_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "local.env"
    ensure_local_env(path)
    first = path.read_text()
    ensure_local_env(path)
    assert path.read_text() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = Settings(_env_file=path, database_url="postgresql+psycopg:///qiming")
    assert found.demo
    assert not found.cookie_secure


def test_a_setting_that_came_later_is_added_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "local.env"
    path.write_text("SECRET_KEY=mine\nDEMO=false\n")
    ensure_local_env(path)
    values = dotenv_values(path)
    assert (values["SECRET_KEY"], values["DEMO"]) == ("mine", "false")
    assert values["FIELD_KEYS"]


def test_processes_that_start_together_agree_on_the_secrets(tmp_path: Path) -> None:
    path = tmp_path / "local.env"
    script = "import sys; from pathlib import Path; from app.platform.local import ensure_local_env as e;"
    command = [sys.executable, "-c", script + "e(Path(sys.argv[1]))", path]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    names = [
        line.split("=")[0] for line in path.read_text().splitlines() if not line.startswith("#")
    ]
    assert len(names) == len(set(names))


def test_what_is_missing_is_named_and_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None, secret_key="too-short-to-keep")
    said = explain(caught.value)
    assert "DATABASE_URL：没有设置" in said
    assert "SECRET_KEY：太短" in said
    assert "too-short-to-keep" not in said


class Installation:
    """A copy of the code with a `var/` of its own, run as `make run` runs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / "run.log"
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        own = {"DATABASE_URL", "OWNER_DATABASE_URL", "BASE_URL", "FLASK_APP"}
        inherited = {name: value for name, value in os.environ.items() if name not in own}
        return {**inherited, "PORT": str(self.port), "DEMO": "false", "PYTHONUNBUFFERED": "1"}

    def start(self) -> subprocess.Popen[bytes]:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app"],
                cwd=self.folder,
                env=self.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self.process

    def flask(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "flask", *arguments],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS,
        )

    def wait_until_it_says(self, text: str) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while text not in self.log.read_text():
            assert time.monotonic() < deadline, self.log.read_text()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.1)
                pytest.fail(self.log.read_text())

    @property
    def database_runs(self) -> bool:
        return (self.folder / "var" / "postgres" / "postmaster.pid").exists()

    def children(self) -> list[int]:
        assert self.process is not None
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def copy_the_code(folder: Path) -> Path:
    for name in CODE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


@pytest.fixture(scope="module")
def copy_of_the_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_the_code(tmp_path_factory.mktemp("clone"))


@pytest.fixture
def installation(copy_of_the_code: Path) -> Iterator[Installation]:
    installation = Installation(copy_of_the_code)
    yield installation
    if installation.process is not None and installation.process.poll() is None:
        installation.process.terminate()
        installation.process.wait(30)


def test_it_starts_as_one_and_stops_as_one(installation: Installation) -> None:
    process = installation.start()
    installation.wait_until_it_says(f"http://127.0.0.1:{installation.port}")
    socket.create_connection(("127.0.0.1", installation.port), timeout=5).close()
    children = installation.children()
    assert len(children) == 2
    process.terminate()
    assert process.wait(15) == 0, installation.log.read_text()
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    assert not installation.database_runs


def test_when_one_process_dies_all_stop_and_it_says_so(installation: Installation) -> None:
    process = installation.start()
    installation.wait_until_it_says(f"http://127.0.0.1:{installation.port}")
    os.kill(installation.children()[-1], signal.SIGKILL)
    assert process.wait(15) == 1
    assert "意外停止" in installation.log.read_text()
    assert not installation.database_runs


def test_a_port_in_use_is_said_before_anything_is_done(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", installation.port)):
        process = installation.start()
        assert process.wait(30) == 1
    assert f"端口 {installation.port} 已被占用" in installation.log.read_text()


def test_commands_work_while_it_runs_and_while_it_does_not(installation: Installation) -> None:
    process = installation.start()
    installation.wait_until_it_says(f"http://127.0.0.1:{installation.port}")
    assert "0001" in installation.flask("db", "current").stdout
    assert installation.database_runs
    process.send_signal(signal.SIGINT)
    assert process.wait(15) == 0
    assert "0001" in installation.flask("db", "current").stdout
    assert not installation.database_runs


def test_without_any_preparation_a_command_names_what_is_missing(tmp_path: Path) -> None:
    done = Installation(copy_the_code(tmp_path)).flask("doctor")
    assert done.returncode == 1
    assert "FIELD_KEYS：没有设置" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_that_cannot_be_decoded_stops_the_start_with_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = {
        "DATABASE_URL": "postgresql+psycopg:///qiming",
        "FIELD_KEYS": "k1:bm90IDMyIGJ5dGVz",
        "BASE_URL": "https://example.test",
        **dict.fromkeys(("SECRET_KEY", "BLIND_INDEX_KEY", "EVENTLOG_KEY"), "x" * 32),
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match="FIELD_KEYS") as caught:
        settings()
    assert "bm90" not in str(caught.value)
