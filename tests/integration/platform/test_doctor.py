"""`flask doctor` finds what has been broken on purpose, and says how to mend it."""

import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app.platform import clock, doctor
from app.platform.db import db
from app.platform.doctor import Finding, Level
from app.platform.postgres import EmbeddedPostgres
from config import Settings
from tests.conftest import build_app, make_settings

Install = Callable[..., Flask]


@pytest.fixture
def install(
    postgres: EmbeddedPostgres, template_database: str, worker_id: str, tmp_path: Path
) -> Iterator[Install]:
    """`install(**settings)`: a production installation on a database of its own."""
    name = f"doctor_{worker_id}_{secrets.token_hex(4)}"
    postgres.provision(name, template=template_database)
    built: list[Flask] = []

    def make(**changes: object) -> Flask:
        production = {"demo": False, "cookie_secure": True, "base_url": "https://qiming.example"}
        app = build_app(postgres, name, tmp_path, **(production | changes))
        built.append(app)
        return app

    yield make
    for app in built:
        with app.app_context():
            db.engine.dispose()


def errors(app: Flask) -> dict[str, Finding]:
    with app.app_context():
        found = [finding for finding in doctor.examine(app) if finding.level is Level.ERROR]
    return {finding.subject: finding for finding in found}


def heartbeat(app: Flask, age: timedelta) -> None:
    with app.app_context(), db.engine.begin() as connection:
        statement = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - :age)"
        connection.execute(text(statement), {"age": age})


def test_a_sound_installation_passes(install: Install) -> None:
    app = install()
    heartbeat(app, timedelta(seconds=5))
    result = app.test_cli_runner().invoke(args=["doctor"])
    assert result.exit_code == 0, result.output
    assert "[错误]" not in result.output
    for subject in (
        "HarfBuzz",
        "生僻字 𬭎",
        "生僻字 䶮",
        "生僻字 㛃",
        "数据库结构",
        "时钟",
        "后台任务",
    ):
        assert f"[正常] {subject}" in result.output


@pytest.mark.parametrize("age", [None, timedelta(minutes=5)])
def test_a_worker_that_is_not_there_is_an_error_except_in_a_demo(
    install: Install, age: timedelta | None
) -> None:
    app = install()
    if age:
        heartbeat(app, age)
    assert "systemctl start qiming-worker" in errors(app)["后台任务"].mend
    assert app.test_cli_runner().invoke(args=["doctor"]).exit_code == 1
    assert not errors(install(demo=True))


def test_an_application_that_runs_as_the_owner_is_found(install: Install) -> None:
    app = install()
    with app.app_context():
        owner = app.config["OWNER_DATABASE_URL"]
    finding = errors(install(database_url=owner))["数据库角色 qiming_owner"]
    assert "创建表" in finding.message
    assert "停用触发器" in finding.message
    assert "事件日志" in finding.message


def test_a_right_too_many_on_the_event_log_is_found(install: Install) -> None:
    app = install()
    with_owner = install(database_url=app.config["OWNER_DATABASE_URL"])
    with with_owner.app_context(), db.engine.begin() as connection:
        connection.execute(text("GRANT UPDATE (action) ON event TO qiming_app"))
    assert "事件日志" in errors(app)["数据库角色 qiming_app"].message


def test_a_database_that_is_not_there_is_one_line_and_no_traceback(
    install: Install, tmp_path: Path
) -> None:
    app = install(database_url=f"postgresql+psycopg://qiming_app@/qiming?host={tmp_path}")
    result = app.test_cli_runner().invoke(args=["doctor"])
    assert result.exit_code == 1
    assert result.output.count("[错误]") == 1
    assert "DATABASE_URL" in result.output


def test_a_database_without_its_structure_is_found(
    install: Install, postgres: EmbeddedPostgres, worker_id: str
) -> None:
    name = f"empty_{worker_id}_{secrets.token_hex(4)}"
    postgres.provision(name)
    found = errors(install(database_url=postgres.url("qiming_app", name)))
    assert "flask db upgrade" in found["数据库结构"].mend


def test_a_clock_that_differs_is_found(install: Install) -> None:
    app = install()
    with clock.frozen(clock.now() - timedelta(minutes=1)):
        finding = errors(app)["时钟"]
    assert "60 秒" in finding.message
    assert "timedatectl" in finding.mend


def test_a_folder_that_cannot_be_written_is_found(install: Install, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = errors(install(storage_dir=tmp_path / "file" / "storage"))
    assert str(tmp_path / "file") in found["附件文件夹"].message


def test_an_installation_without_tls_is_found(install: Install) -> None:
    found = errors(install(base_url="http://qiming.example", cookie_secure=False))
    assert {"网址", "登录凭据"} <= found.keys()


def settings_of(postgres: EmbeddedPostgres, folder: Path, **keys: str) -> Settings:
    return make_settings(postgres, "none", folder, **keys)


@pytest.mark.parametrize(
    ("keys", "subject"),
    [
        ({"secret_key": "a" * 64}, "SECRET_KEY"),
        (
            {"eventlog_key": "0123456789abcdef" * 2, "blind_index_key": "0123456789abcdef" * 2},
            "EVENTLOG_KEY",
        ),
        ({"field_keys": "k1:bm90IDMyIGJ5dGVz"}, "FIELD_KEYS"),
        ({"field_keys": "k1:not base64"}, "FIELD_KEYS"),
    ],
)
def test_a_poor_key_is_found_and_not_shown(
    postgres: EmbeddedPostgres, tmp_path: Path, keys: dict[str, str], subject: str
) -> None:
    found = list(doctor.keys(settings_of(postgres, tmp_path, **keys)))
    wrong = {finding.subject: finding for finding in found if finding.level is Level.ERROR}
    assert wrong[subject].mend
    assert not any(key in str(finding) for key in keys.values() for finding in found)


def test_fonts_that_lack_a_character_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "fc-list"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    subjects = [finding.subject for finding in doctor.fonts() if finding.level is Level.ERROR]
    assert subjects[0] == "证书字体"
    assert "生僻字 䶮（U+4DAE）" in subjects
    program.unlink()
    assert [finding.mend for finding in doctor.fonts()] == ["sudo apt-get install fontconfig"]


def test_a_missing_library_is_found_with_its_package() -> None:
    finding = doctor.shared_library("HarfBuzz", "libnot-there.so.0", "libharfbuzz-subset0")
    assert finding.level is Level.ERROR
    assert finding.mend == "sudo apt-get install libharfbuzz-subset0"
