"""What the frame costs: a list and a save over HTTP, beside one bare Flask file on the same PostgreSQL.

Sign-in, scope, filters, counts, page frame, form protection and event log may together take two thirds of the rate that
is left when they are all gone.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import flask_migrate
import psycopg
from dotenv import dotenv_values
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.engine import make_url

from app import create_app
from app.demo import district
from app.identity.models import Account, RoleGrant
from app.identity.queries import session_token
from app.platform import local
from app.platform.db import db
from app.platform.postgres import APPLICATION, OWNER, EmbeddedPostgres
from app.platform.unit_of_work import unit_of_work
from benchmarks import load
from benchmarks.measure import Measure
from config import ROOT, Settings

_GOAL = 1 / 3
_WORKERS = 2
_CONNECTIONS = 16
_ROUNDS = 25
_WARM_ROUNDS = 4
_SECONDS = 0.6
_START_SECONDS = 30.0


@dataclass(frozen=True)
class _Site:
    """Our application with the demo district on a server of its own; `environment` makes others like it."""

    app: Flask
    environment: dict[str, str]
    folder: Path


def measures() -> Iterator[Measure]:
    with (
        _site() as site,
        _served("wsgi:app", site) as ours,
        _served("benchmarks.floor:make()", site) as floor,
    ):
        yield _list(site, ours, floor)
        yield _roll_call(site, ours, floor)


def _list(site: _Site, ours: int, floor: int) -> Measure:
    mine = _get("/classes", cookie=_session(site.app, "canlian"))
    bare = _get("/classes")

    def of_ours() -> float:
        return _rate(ours, lambda: mine, status=200, contains=b"</html>")

    def of_floor() -> float:
        return _rate(floor, lambda: bare, status=200, contains=b"</table>")

    return _compare("list_of_25", of_ours, of_floor)


def _roll_call(site: _Site, ours: int, floor: int) -> Measure:
    """One trainee's mark, as the page saves it; each round begins without marks, and each save changes one."""
    username, places = _places(site)
    cookie, token = _signed_in_form(
        ours, f"/sessions/{places[0][0]}/roll-call", _session(site.app, username)
    )

    def of_ours() -> float:
        _forget_marks(site)
        requests = _saves(places, lambda session, fields: _post(
            f"/sessions/{session}/marks", fields | {"csrf_token": token}, cookie=cookie
        ))  # fmt: skip
        rate = _rate(ours, requests.__next__, status=200, contains=b'"mark"')
        _expect_marks(site, rate)
        return rate

    def of_floor() -> float:
        _forget_marks(site)
        requests = _saves(
            places, lambda session, fields: _post("/marks", fields | {"session_id": session})
        )
        rate = _rate(floor, requests.__next__, status=200, contains=b'"mark"')
        _expect_marks(site, rate)
        return rate

    return _compare("roll_call_save", of_ours, of_floor)


def _places(site: _Site) -> tuple[str, list[tuple[int, int]]]:
    """The account of the base with most to mark, and its sessions begun by now with the trainees of each."""
    with _owner(site) as connection:
        (provider,) = connection.execute(
            f"SELECT provider_id {_MARKABLE} GROUP BY 1 ORDER BY count(*) DESC"
        ).fetchone()
        rows = connection.execute(
            f"SELECT s.id, e.id {_MARKABLE} AND provider_id = %s ORDER BY e.id, s.id", [provider]
        ).fetchall()
        (username,) = connection.execute(
            "SELECT username FROM account a JOIN role_grant g ON g.account_id = a.id WHERE provider_id = %s",
            [provider],
        ).fetchone()
    return username, rows


_MARKABLE = """
    FROM training_class c JOIN class_session s ON s.class_id = c.id JOIN enrolment e ON e.class_id = c.id
    WHERE c.state = 'running' AND s.state = 'planned' AND e.state = 'enrolled' AND lower(s.during) <= now()
"""


def _saves(
    places: Sequence[tuple[int, int]], write: Callable[[int, dict[str, object]], bytes]
) -> Iterator[bytes]:
    """Requests without end, each with a mark other than the one before in its place."""
    for turn in count():
        mark = ("present", "late")[turn % 2]
        for session, enrolment in places:
            yield write(
                session,
                {"enrolment_id": enrolment, "mark": mark, "nonce": f"{turn}-{session}-{enrolment}"},
            )


def _forget_marks(site: _Site) -> None:
    with _owner(site) as connection:
        connection.execute("TRUNCATE attendance_mark, attendance_mark_history")


def _expect_marks(site: _Site, rate: float) -> None:
    """Every answered request wrote: a save that changes nothing would be no measure."""
    with _owner(site) as connection:
        (written,) = connection.execute(
            "SELECT (SELECT count(*) FROM attendance_mark) + (SELECT count(*) FROM attendance_mark_history)"
        ).fetchone()
    if written < int(rate * _SECONDS):
        raise load.UnexpectedAnswerError(f"{written} marks written at {rate:.0f} a second")


@contextmanager
def _owner(site: _Site) -> Iterator["psycopg.Connection[Any]"]:
    url = make_url(site.environment["OWNER_DATABASE_URL"]).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        yield connection


def _signed_in_form(port: int, path: str, session: str) -> tuple[str, str]:
    """The cookie and the CSRF token with which the form on a page is sent."""
    asked = Request(f"http://{load.HOST}:{port}{path}", headers={"Cookie": f"session={session}"})
    with urlopen(asked, timeout=10) as answer:
        page = answer.read().decode()
        cookies = SimpleCookie(answer.headers["Set-Cookie"])
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return cookies["session"].value, found[1]


def _compare(name: str, ours: Callable[[], float], floor: Callable[[], float]) -> Measure:
    """The round with the median ratio.

    Many short rounds, both sides beside each other: other load on the machine comes and goes, and gunicorn's workers
    share new connections by chance.
    """
    rounds = [Measure(name, ours(), floor(), _GOAL) for _ in range(_WARM_ROUNDS + _ROUNDS)]
    counted = sorted(rounds[_WARM_ROUNDS:], key=lambda one: one.ratio)
    return counted[_ROUNDS // 2]


def _rate(port: int, request: load.NextRequest, *, status: int, contains: bytes) -> float:
    return load.rate(
        port, request, status=status, seconds=_SECONDS, connections=_CONNECTIONS, contains=contains
    )


def _get(path: str, *, cookie: str = "") -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: {load.HOST}", f"Cookie: session={cookie}", "", ""]
    return "\r\n".join(lines).encode()


def _post(path: str, fields: Mapping[str, object], *, cookie: str = "") -> bytes:
    body = urlencode(fields).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {load.HOST}",
        f"Cookie: session={cookie}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


def _session(app: Flask, username: str) -> str:
    """The cookie that signing in gives."""
    with app.app_context():
        grant, epoch = db.session.execute(
            select(RoleGrant.id, Account.session_epoch)
            .join(Account)
            .where(Account.username == username)
        ).one()
        db.session.remove()
    client = app.test_client()
    with client.session_transaction() as session:
        session.update(_user_id=session_token(grant_id=grant, epoch=epoch), _fresh=True)
        session.permanent = True
    cookie = client.get_cookie("session")
    assert cookie is not None
    return cookie.value


# Setting up


@contextmanager
def _site() -> Iterator[_Site]:
    """As `make run` sets up: durable PostgreSQL, migrated, with the demo; in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="qiming-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL's account must pass through
        server = EmbeddedPostgres(folder / "postgres")
        server.acquire()
        try:
            server.provision()
            local.ensure_local_env(folder / "local.env")
            environment = {
                **{
                    name: value or "" for name, value in dotenv_values(folder / "local.env").items()
                },
                "DATABASE_URL": server.url(APPLICATION),
                "OWNER_DATABASE_URL": server.url(OWNER),
                "STORAGE_DIR": str(folder / "storage"),
                "OUTBOX_DIR": str(folder / "outbox"),
            }
            given = {name.lower(): value for name, value in environment.items()}
            app = create_app(Settings(_env_file=None, **given))  # type: ignore[arg-type,call-arg]
            with app.app_context():
                flask_migrate.upgrade()
                with unit_of_work():
                    district.load()
                db.session.execute(text("ANALYZE"))
                db.session.commit()
            yield _Site(app, environment, folder)
        finally:
            server.release()


@contextmanager
def _served(target: str, site: _Site) -> Iterator[int]:
    """The port at which gunicorn serves an application by the settings of gunicorn.conf.py."""
    port = _free_port()
    log = site.folder / f"gunicorn-{port}.log"
    environment = {
        **os.environ,
        **site.environment,
        "FLOOR_DATABASE_URL": site.environment["DATABASE_URL"],
        "BIND": f"{load.HOST}:{port}",
        "WEB_CONCURRENCY": str(_WORKERS),
    }
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--log-level", "warning", target],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(port, process, log)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((load.HOST, port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"gunicorn did not start:\n{log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((load.HOST, 0))
        port: int = probe.getsockname()[1]
        return port
