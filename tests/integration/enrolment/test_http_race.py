"""Two hundred people press "submit" at once: real gunicorn, two workers, real connections."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from urllib.parse import urlencode

from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select

from app.enrolment import queries
from app.enrolment.models import Enrolment
from app.enrolment.types import EnrolmentState
from app.identity.queries import session_token
from app.platform import clock
from app.platform.access import Role
from app.platform.db import db
from config import ROOT, Settings
from tests import factories

PEOPLE, SEATS = 200, 20


def environment(settings: Settings, port: int) -> dict[str, str]:
    """What a server of this installation is started with; nothing of the machine's own configuration."""
    values = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if value is not None:
            values[name.upper()] = str(getattr(value, "get_secret_value", lambda v=value: v)())
    return {**os.environ, **values, "PORT": str(port), "WEB_CONCURRENCY": "2", "BIND": ""}


@contextmanager
def gunicorn(settings: Settings, log: Path) -> Iterator[int]:
    """A server with two workers on a free port."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "wsgi:app"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(settings, port), stdout=output, stderr=output
        )
    try:
        wait_for(port, process, log)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        assert process.poll() is None, log.read_text()
        try:
            assert request(port, "GET", "/accessibility").status == 200
            return
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise AssertionError(f"no answer: {log.read_text()}")


@dataclass(frozen=True)
class Answer:
    status: int
    location: str


def request(
    port: int, method: str, path: str, *, body: str | None = None, cookie: str = ""
) -> Answer:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        response.read()
        return Answer(response.status, response.headers.get("Location", ""))


def signed_in(app: Flask, person_id: int) -> tuple[str, str]:
    """Cookie and form token of a trainee who signed in."""
    grant = factories.account(Role.TRAINEE, person_id=person_id)
    raw = f"{grant.id:040x}"
    cookie = app.session_interface.get_signing_serializer(app).dumps(
        {
            "_user_id": session_token(grant_id=grant.id, epoch=grant.account.session_epoch),
            "_fresh": True,
            "_permanent": True,
            "csrf_token": raw,
        }
    )
    return f"session={cookie}", URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(
        raw
    )


def test_two_hundred_at_once_for_twenty_seats(committing_app, tmp_path):
    starts_on = clock.today() + timedelta(days=30)
    klass = factories.training_class(
        capacity=SEATS, starts_on=starts_on, ends_on=starts_on + timedelta(days=10)
    )
    people = [signed_in(committing_app, factories.person().id) for _ in range(PEOPLE)]
    db.session.commit()
    class_id = klass.id
    barrier = Barrier(PEOPLE)

    with gunicorn(committing_app.config["SETTINGS"], tmp_path / "gunicorn.log") as port:

        def submit(number: int) -> Answer:
            cookie, token = people[number]
            form = {
                "csrf_token": token,
                "nonce": f"race-{number}",
                "employed": "no",
                "needs": "guide",
                "step": "submit",
            }
            barrier.wait()
            path = f"/classes/{class_id}/apply"
            return request(port, "POST", path, body=urlencode(form), cookie=cookie)

        with ThreadPoolExecutor(PEOPLE) as pool:
            answers = list(pool.map(submit, range(PEOPLE)))

    log = (tmp_path / "gunicorn.log").read_text()
    assert Counter(one.status for one in answers) == {303: PEOPLE}, log[-2000:]
    assert len({one.location for one in answers}) == PEOPLE
    db.session.rollback()
    rows = db.session.execute(
        select(Enrolment.id, Enrolment.state)
        .where(Enrolment.class_id == class_id)
        .order_by(Enrolment.id)
    ).all()
    expected = [EnrolmentState.ENROLLED] * SEATS + [EnrolmentState.WAITING] * (PEOPLE - SEATS)
    # The order of arrival is the order of the numbers: whoever came first has a seat.
    assert [row.state for row in rows] == expected
    places = queries.positions_of(rows)
    assert [places[row.id] for row in rows[SEATS:]] == list(range(1, PEOPLE - SEATS + 1))
    db.session.refresh(klass)
    assert klass.seats_taken == SEATS
