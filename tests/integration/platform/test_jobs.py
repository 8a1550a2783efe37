"""Jobs that a killed worker leaves behind are taken up again."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.platform.db import db
from app.platform.jobs import take_up_lost_jobs


def doing(*, lock: str | None = None, attempts: int = 0, worker: str | None = None) -> int:
    """A job in the hands of a worker: none, or one that beat `worker` ago."""
    worker_id = worker and db.session.scalar(
        text(
            "INSERT INTO procrastinate_workers (last_heartbeat) "
            "VALUES (now() - CAST(:ago AS interval)) RETURNING id"
        ),
        {"ago": worker},
    )
    return int(
        db.session.scalar(
            text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, status, queueing_lock, attempts, worker_id) "
                "VALUES ('default', 'some', 'doing', :lock, :attempts, :worker) RETURNING id"
            ),
            {"lock": lock, "attempts": attempts, "worker": worker_id},
        )
    )


def status(job: int) -> Any:
    return db.session.scalar(
        text("SELECT status::text FROM procrastinate_jobs WHERE id = :id"), {"id": job}
    )


@pytest.mark.parametrize("worker", [None, "31 seconds", "2 days"])
def test_what_a_killed_worker_was_at_begins_again(app: Flask, worker: str | None) -> None:
    job = doing(worker=worker)
    take_up_lost_jobs(timestamp=0)
    assert status(job) == "todo"


def test_what_a_living_worker_is_at_is_left_alone(app: Flask) -> None:
    job = doing(worker="5 seconds")
    take_up_lost_jobs(timestamp=0)
    assert status(job) == "doing"


def test_a_job_that_kills_every_worker_is_given_up(app: Flask) -> None:
    job = doing(attempts=4)
    take_up_lost_jobs(timestamp=0)
    assert status(job) == "failed"


def test_a_periodic_job_ends_beside_its_successor(app: Flask) -> None:
    lost = doing(lock="sealing")
    db.session.execute(
        text(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock) "
            "VALUES ('default', 'some', 'sealing')"
        )
    )
    take_up_lost_jobs(timestamp=0)
    assert status(lost) == "failed"
