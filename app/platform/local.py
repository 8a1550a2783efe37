"""This machine as an installation of its own: secrets, database, web and worker without any preparation.

An installation is local when `var/local.env` exists, which only `make run` and `make setup` write. Elsewhere a missing
setting is an error and never quietly becomes a demo.
"""

import atexit
import base64
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from click import Group
from dotenv import dotenv_values
from flask import Flask
from flask.cli import ScriptInfo
from flask_migrate import upgrade
from pydantic import ValidationError

from app.platform.crypto import FieldKeys
from app.platform.db import db
from app.platform.postgres import APPLICATION, OWNER, EmbeddedPostgres
from config import LOCAL_ENV, ROOT, Settings

_ANSWER_SECONDS = 60
_STOP_SECONDS = 8


def settings() -> Settings:
    """Settings of this process. In a local installation without DATABASE_URL its server is started first.

    Ends the process with a list of what is missing where the settings are not complete.
    """
    local = dotenv_values(LOCAL_ENV)
    given: dict[str, str] = {}
    try:
        if local and "DATABASE_URL" not in {*os.environ, *local}:
            server = EmbeddedPostgres(ROOT / "var" / "postgres")
            server.acquire()
            atexit.register(server.release)
            server.provision()
            given = {
                "database_url": server.url(APPLICATION),
                "owner_database_url": server.url(OWNER),
            }
        found = Settings(**given)  # type: ignore[arg-type]  # texts, which pydantic converts
        FieldKeys.parse(found.field_keys.get_secret_value())
        return found
    except ValidationError as error:
        raise SystemExit(explain(error)) from None
    except ValueError:
        raise SystemExit(_incomplete(["FIELD_KEYS：格式应为 k1:加上 32 个字节的 base64"])) from None
    except RuntimeError as error:
        raise SystemExit(str(error)) from None


def explain(error: ValidationError) -> str:
    """What is wrong with the settings, in words for who set them; never their values."""
    return _incomplete(
        [
            f"{str(item['loc'][0]).upper()}：{_reason(item['type'], item['msg'])}"
            for item in error.errors()
        ]
    )


def _incomplete(reasons: Sequence[str]) -> str:
    mend = "请在环境变量中设置（见 docs/operations.md），或在试用的机器上运行 make run。"
    return "\n".join(["配置不完整，系统没有启动：", *(f"  {reason}" for reason in reasons), mend])


def _reason(kind: str, message: str) -> str:
    return {"missing": "没有设置", "too_short": "太短", "string_pattern_mismatch": "格式不对"}.get(
        kind, message
    )


def ensure_local_env(path: Path = LOCAL_ENV) -> None:
    """Write random secrets and the settings of a demo on this machine; what is there already stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        known = dotenv_values(path)
        missing = {name: value for name, value in _fresh().items() if name not in known}
        if not known:
            file.write(
                "# 本机试用的配置，由 make run 生成。丢失 FIELD_KEYS 就读不出已登记的证件号码。\n"
            )
        file.writelines(f"{name}={value}\n" for name, value in missing.items())


def _fresh() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "BLIND_INDEX_KEY": secrets.token_urlsafe(48),
        "EVENTLOG_KEY": secrets.token_urlsafe(48),
        "BASE_URL": "http://127.0.0.1:8000",
        "DEMO": "true",
        "COOKIE_SECURE": "false",
    }


def run() -> int:
    """Prepare, start web and worker, and watch over them until told to stop. Returns the exit code."""
    _stop_on_signals()
    port = int(os.environ.get("PORT") or 8000)
    if not _is_free(port):
        print(
            f"端口 {port} 已被占用。请停止占用它的程序，或换一个端口：make run PORT=8001",
            file=sys.stderr,
        )
        return 1
    ensure_local_env()
    try:
        from wsgi import app

        prepare(app)
        with _children(app, port) as children:
            if _wait_for_answer(port, children):
                _announce(app, port)
                _watch(children)
        print("有一个进程意外停止，系统已全部停止。原因见上面的输出。", file=sys.stderr)
        return 1
    except _AskedToStop:
        print("\n已停止。数据保存在 var/ 文件夹中。")
        return 0


def prepare(app: Flask) -> None:
    """Bring the database to the newest structure and load the demo once."""
    with app.app_context():
        upgrade()
        if app.config["DEMO"] and not _command(app, "demo", "load"):
            print("演示数据：本版本没有 flask demo load 命令，已跳过。")
        db.engine.dispose()


def _command(app: Flask, group: str, name: str) -> bool:
    """Run a command of the application; False where there is none of this name."""
    found = app.cli.commands.get(group)
    if not isinstance(found, Group) or name not in found.commands:
        return False
    found.main(
        [name], prog_name=group, standalone_mode=False, obj=ScriptInfo(create_app=lambda: app)
    )
    return True


@contextmanager
def _children(app: Flask, port: int) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Web and worker, in process groups of their own so that Ctrl-C reaches them through us only."""
    environment = _child_environment(app.config, port)
    commands: Sequence[Sequence[str]] = (("gunicorn", "wsgi:app"), ("flask", "worker"))
    children: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            arguments = [sys.executable, "-m", *command]
            children.append(
                subprocess.Popen(arguments, cwd=ROOT, env=environment, start_new_session=True)
            )
        yield children
    finally:
        _stop(children)


def _child_environment(config: Mapping[str, str], port: int) -> dict[str, str]:
    return {
        **os.environ,
        "PORT": str(port),
        "BASE_URL": os.environ.get("BASE_URL") or f"http://127.0.0.1:{port}",
        "DATABASE_URL": config["SQLALCHEMY_DATABASE_URI"],
        "OWNER_DATABASE_URL": config["OWNER_DATABASE_URL"],
    }


def _stop(children: Sequence["subprocess.Popen[bytes]"]) -> None:
    for child in children:
        child.terminate()
    deadline = time.monotonic() + _STOP_SECONDS
    for child in children:
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _watch(children: Sequence["subprocess.Popen[bytes]"]) -> None:
    """Returns when one of them has ended."""
    while all(child.poll() is None for child in children):
        time.sleep(0.2)


def _wait_for_answer(port: int, children: Sequence["subprocess.Popen[bytes]"]) -> bool:
    """gunicorn loads the application before it listens, so that a connection means readiness."""
    deadline = time.monotonic() + _ANSWER_SECONDS
    while all(child.poll() is None for child in children):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            if time.monotonic() > deadline:
                print(f"{_ANSWER_SECONDS} 秒内没有应答。", file=sys.stderr)
                return False
            time.sleep(0.1)
    return False


def _announce(app: Flask, port: int) -> None:
    print(f"\n启明已启动 / Qiming is running: http://127.0.0.1:{port}", flush=True)
    if app.config["DEMO"]:
        _command(app, "demo", "accounts")
    print("按 Ctrl-C 停止 / Ctrl-C stops it.", flush=True)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class _AskedToStop(BaseException):
    """Ctrl-C, `kill`, or the terminal was closed."""


def _stop_on_signals() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def ask(_number: int, _frame: FrameType | None) -> NoReturn:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise _AskedToStop

    for number in numbers:
        signal.signal(number, ask)
