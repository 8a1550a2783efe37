"""Is this installation sound? One finding for each thing that has failed somewhere, with its mend."""

import ctypes
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from app.platform import clock
from app.platform.crypto import FieldKeys
from app.platform.db import db
from app.platform.types import LabelledEnum
from config import LOCAL_ENV, Settings

_OLDEST_POSTGRES = 15
_CLOCK_TOLERANCE = timedelta(seconds=5)
#: Procrastinate's workers say every 10 seconds that they are there.
_HEARTBEAT_SECONDS = 60
_KEY_CHARACTERS = 32

_LIBRARIES = (
    ("Pango", "libpango-1.0.so.0", "libpango-1.0-0"),
    ("Pango（FreeType）", "libpangoft2-1.0.so.0", "libpangoft2-1.0-0"),
    # Without it a certificate takes seconds instead of a tenth of one.
    ("HarfBuzz 字体子集", "libharfbuzz-subset.so.0", "libharfbuzz-subset0"),
)
#: Characters of real names that common fonts lack, and the Debian package that has them.
_RARE_CHARACTERS = (
    ("𬭎", "fonts-noto-cjk"),
    ("䶮", "fonts-noto-cjk"),
    ("㛃", "fonts-noto-cjk"),
    ("𫢠", "fonts-hanazono"),
    ("𱀀", "fonts-babelstone-han"),
)
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Level(LabelledEnum):
    """Whether a finding matters; only an error makes the command fail."""

    GOOD = "good", "正常"
    NOTE = "note", "提示"
    ERROR = "error", "错误"


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    level: Level
    subject: str
    message: str
    mend: str = ""

    def __str__(self) -> str:
        mend = f"办法：{self.mend}" if self.mend else ""
        return f"[{self.level.label}] {self.subject}：{self.message}{mend}"


def good(subject: str, message: str) -> Finding:
    return Finding(Level.GOOD, subject, message)


def note(subject: str, message: str, mend: str) -> Finding:
    return Finding(Level.NOTE, subject, message, mend)


def error(subject: str, message: str, mend: str) -> Finding:
    return Finding(Level.ERROR, subject, message, mend)


def examine(app: Flask) -> Iterator[Finding]:
    """All findings, in the order in which they are best mended."""
    settings: Settings = app.config["SETTINGS"]
    yield python()
    for library in _LIBRARIES:
        yield shared_library(*library)
    yield from fonts()
    yield browser()
    yield from keys(settings)
    yield from exposure(settings)
    yield writable("附件文件夹", settings.storage_dir)
    if settings.outbox_gateway == "file":
        yield writable("短信发件文件夹", settings.outbox_dir)
    yield time_zone()
    yield from database()


def python() -> Finding:
    return good("Python", platform.python_version())


def shared_library(name: str, file: str, package: str) -> Finding:
    try:
        ctypes.CDLL(file)
    except OSError:
        return error(
            name, f"没有找到 {file}，无法正常生成证书。", f"sudo apt-get install {package}"
        )
    return good(name, file)


def fonts() -> Iterator[Finding]:
    if shutil.which("fc-list") is None:
        yield error("字体", "没有 fc-list 命令。", "sudo apt-get install fontconfig")
        return
    if not _families(":family=Noto Serif CJK SC"):
        yield error(
            "证书字体", "没有安装 Noto Serif CJK SC。", "sudo apt-get install fonts-noto-cjk"
        )
    for character, package in _RARE_CHARACTERS:
        subject = f"生僻字 {character}（U+{ord(character):04X}）"
        families = _families(f":charset={ord(character):x}")
        if families:
            yield good(subject, families[0])
        else:
            yield error(subject, "没有字体含有这个字。", f"sudo apt-get install {package}")


def _families(pattern: str) -> list[str]:
    command = ["fc-list", pattern, "family"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return sorted(line.split(",")[0] for line in listed.splitlines() if line)


def browser() -> Finding:
    found = find_browser()
    if found is None:
        return note(
            "Chromium", "没有安装，只有运行测试才需要。", "make test 会在 Debian 上自动安装"
        )
    return good("Chromium", found)


def find_browser() -> str | None:
    """The Chromium that CHROMIUM names, or the first on the path."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _BROWSERS)), None)


def keys(settings: Settings) -> Iterator[Finding]:
    """Lengths, since an installation cannot tell whether a key was chosen at random."""
    texts = {
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "BLIND_INDEX_KEY": settings.blind_index_key.get_secret_value(),
        "EVENTLOG_KEY": settings.eventlog_key.get_secret_value(),
    }
    for name, key in texts.items():
        if len(key) < _KEY_CHARACTERS or len(set(key)) < _KEY_CHARACTERS // 4:
            mend = "换成随机的密钥，例如 openssl rand -base64 48"
            yield error(name, f"少于 {_KEY_CHARACTERS} 个字符，或过于简单。", mend)
        elif list(texts.values()).count(key) > 1:
            yield error(name, "与另一个密钥相同。", "每个密钥都要单独随机生成")
        else:
            yield good(name, f"{len(key)} 个字符")
    try:
        count = len(FieldKeys.parse(settings.field_keys.get_secret_value()).ciphers)
    except ValueError:
        mend = "格式为 编号:base64，例如 k1:$(openssl rand -base64 32)；多个用逗号分开"
        yield error("FIELD_KEYS", "无法解码，或不是 32 个字节。", mend)
    else:
        yield good("FIELD_KEYS", f"{count} 个密钥")
    if LOCAL_ENV.exists() and LOCAL_ENV.stat().st_mode & 0o077:
        yield error("密钥文件", f"{LOCAL_ENV} 可以被其他用户读取。", f"chmod 600 {LOCAL_ENV}")


def exposure(settings: Settings) -> Iterator[Finding]:
    """What must not be so outside a demo."""
    if settings.demo:
        yield note("演示模式", "每页都标明数据是虚构的。", "正式使用时不要设置 DEMO")
        return
    if not settings.base_url.startswith("https://"):
        mend = "设置 BASE_URL=https://…；二维码会印上这个地址"
        yield error("网址", f"{settings.base_url} 没有加密。", mend)
    else:
        yield good("网址", settings.base_url)
    if not settings.cookie_secure:
        yield error("登录凭据", "会通过不加密的连接发送。", "去掉 COOKIE_SECURE=false")


def writable(subject: str, folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as failure:
        mend = f"让运行本系统的用户可以写入：chown 该用户 {folder}"
        return error(subject, f"{folder} 不能写入（{failure.strerror}）。", mend)
    return good(subject, str(folder))


def time_zone() -> Finding:
    offset = clock.now().astimezone(clock.SHANGHAI).utcoffset()
    if offset != timedelta(hours=8):
        return error("时区", f"Asia/Shanghai 是 {offset}。", "重新运行 make setup（tzdata）")
    return good("时区", "Asia/Shanghai，东八区")


def database() -> Iterator[Finding]:
    address = db.engine.url.render_as_string(hide_password=True)
    engine = db.engine.execution_options(isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for check in (server, database_clock, migrations, role, worker, messages):
                yield check(connection)
    except SQLAlchemyError as failure:
        cause = str(getattr(failure, "orig", failure)).strip()
        mend = "检查 DATABASE_URL，并确认 PostgreSQL 正在运行"
        yield error("数据库", f"查询 {address} 失败：{cause}。", mend)


def server(connection: Connection) -> Finding:
    version = connection.execute(text("SHOW server_version")).scalar_one()
    number = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    if number < _OLDEST_POSTGRES * 10_000:
        mend = f"升级到 PostgreSQL {_OLDEST_POSTGRES} 或更新的版本"
        return error("数据库", f"PostgreSQL {version} 太旧。", mend)
    return good("数据库", f"PostgreSQL {version}")


def database_clock(connection: Connection) -> Finding:
    before = clock.now()
    there = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    after = clock.now()
    if not before - _CLOCK_TOLERANCE <= there <= after + _CLOCK_TOLERANCE:
        seconds = round((there - after).total_seconds())
        mend = "在两台机器上启用时间同步：timedatectl set-ntp true"
        return error("时钟", f"与数据库相差 {seconds} 秒。", mend)
    return good("时钟", f"与数据库一致，相差不超过 {_CLOCK_TOLERANCE.seconds} 秒")


def migrations(connection: Connection) -> Finding:
    directory = current_app.extensions["migrate"].directory
    wanted = set(ScriptDirectory(directory).get_heads())
    present = set(MigrationContext.configure(connection).get_current_heads())
    if wanted != present:
        found = "、".join(sorted(present)) or "空的"
        mend = "flask db upgrade（需要 OWNER_DATABASE_URL）"
        return error("数据库结构", f"是 {found}，应为 {'、'.join(sorted(wanted))}。", mend)
    return good("数据库结构", f"已是最新（{'、'.join(sorted(present))}）")


#: What the application's role must not be able to do, each a query that says true when it can.
_FORBIDDEN = {
    "它是超级用户，或可以管理角色和数据库": (
        "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    ),
    "它可以创建表": (
        "SELECT has_schema_privilege('public', 'CREATE')"
        " OR has_database_privilege(current_database(), 'CREATE')"
        " OR has_database_privilege(current_database(), 'TEMPORARY')"
    ),
    "它拥有表，因此可以修改表结构、停用触发器": (
        "SELECT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND pg_has_role(c.relowner, 'MEMBER'))"
    ),
    "它可以修改、删除或清空事件日志": (
        "SELECT count(*) > 0 FROM pg_class WHERE oid IN (to_regclass('event'), to_regclass('event_seal'))"
        " AND (has_table_privilege(oid, 'UPDATE, DELETE, TRUNCATE') OR has_any_column_privilege(oid, 'UPDATE'))"
    ),
}


def role(connection: Connection) -> Finding:
    name = connection.execute(text("SELECT current_user")).scalar_one()
    wrong = [reason for reason, query in _FORBIDDEN.items() if connection.scalar(text(query))]
    if wrong:
        mend = "DATABASE_URL 用应用角色，OWNER_DATABASE_URL 用属主角色，再运行 flask db upgrade"
        return error(f"数据库角色 {name}", f"{'；'.join(wrong)}。", mend)
    return good(f"数据库角色 {name}", "不能改表结构，不能改事件日志")


def worker(connection: Connection) -> Finding:
    judge: Callable[[str, str, str], Finding] = note if current_app.config["DEMO"] else error
    mend = "make run，或 systemctl start qiming-worker"
    if connection.scalar(text("SELECT to_regclass('procrastinate_workers') IS NULL")):
        return error("后台任务", "数据库里没有任务表。", "flask db upgrade")
    alive = connection.scalar(
        text(
            "SELECT count(*) FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - make_interval(secs => :seconds)"
        ),
        {"seconds": _HEARTBEAT_SECONDS},
    )
    if not alive:
        return judge("后台任务", "没有正在运行的后台进程，日志不会封存，短信不会发出。", mend)
    return good("后台任务", f"{alive} 个进程正在运行")


def messages(connection: Connection) -> Finding:
    """Whether messages leave: none may wait for more than ten minutes."""
    if connection.scalar(text("SELECT to_regclass('outbox_message') IS NULL")):
        return note("待发消息", "还没有消息表", "flask db upgrade")
    waiting = connection.scalar(
        text(
            "SELECT count(*) FROM outbox_message "
            "WHERE sent_at IS NULL AND written_at < clock_timestamp() - interval '10 minutes'"
        )
    )
    if waiting:
        return error(
            "待发消息", f"{waiting} 条超过十分钟没有发出", "检查后台任务是否在运行，以及短信网关"
        )
    return good("待发消息", "没有积压")
