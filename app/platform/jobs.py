"""Background jobs in the same database: a job exists exactly when the transaction that asked for it committed."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from procrastinate import App, PsycopgConnector
from procrastinate.tasks import Task
from sqlalchemy import text
from sqlalchemy.engine import make_url

from app.platform import eventlog
from app.platform.db import db
from app.platform.unit_of_work import unit_of_work

#: Opened by the worker only; the web defers through its own connection.
jobs = App(connector=PsycopgConnector())


def defer(task: Task[Any, Any, Any] | str, **arguments: Any) -> None:
    """Ask for `task` in the transaction of the session; services, which stand below `jobs.py`, give its name."""
    driver = db.session.connection().connection.driver_connection
    if isinstance(task, str):
        jobs.configure_task(task, connection=driver).defer(**arguments)
    else:
        task.configure(connection=driver).defer(**arguments)


@jobs.periodic(cron="* * * * * */5")
@jobs.task(queueing_lock="seal_events")
def seal_events(timestamp: int) -> None:
    """Seal what has been logged; every five seconds."""
    with unit_of_work():
        eventlog.seal()


@jobs.periodic(cron="17 3 * * *")
@jobs.task(queueing_lock="forget_old_jobs")
def forget_old_jobs(timestamp: int) -> None:
    """Delete finished jobs after a week; what happened is told by the event log, not by them."""
    with unit_of_work():
        db.session.execute(
            text(
                "DELETE FROM procrastinate_jobs j WHERE j.status IN ('succeeded', 'failed', 'cancelled', 'aborted') "
                "AND NOT EXISTS (SELECT 1 FROM procrastinate_events e "
                "WHERE e.job_id = j.id AND e.at > now() - interval '7 days')"
            )
        )


#: A worker beats every 10 seconds; who has not for so long was killed, and what it was at was never finished.
_SILENT = "30 seconds"
#: A job that took this many workers with it is left to a person.
_MOST_ATTEMPTS = 5


@jobs.periodic(cron="* * * * * */30")
@jobs.task(queueing_lock="take_up_lost_jobs")
def take_up_lost_jobs(timestamp: int) -> None:
    """Begin again what a worker was at when it was killed: Procrastinate alone leaves it in "doing" for ever.

    Tasks must therefore do no harm when they run twice. A periodic one only ends: the next is due soon anyway.
    """
    with unit_of_work():
        lost = db.session.execute(
            text(
                "SELECT j.id, j.queueing_lock IS NULL AND j.attempts < :most AS again FROM procrastinate_jobs j "
                "LEFT JOIN procrastinate_workers w ON w.id = j.worker_id "
                "WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - CAST(:silent AS interval)) "
                "ORDER BY j.id FOR UPDATE OF j SKIP LOCKED"
            ),
            {"most": _MOST_ATTEMPTS - 1, "silent": _SILENT},
        ).all()
        for job in lost:
            end = (
                "SELECT procrastinate_retry_job_v2(:id, now(), NULL, NULL, NULL)"
                if job.again
                else "SELECT procrastinate_finish_job_v1(:id, 'failed', false)"
            )
            db.session.execute(text(end), {"id": job.id})


def run_worker(app: Flask, *, concurrency: int = 1, wait: bool = True) -> None:
    """Work until told to stop (SIGINT, SIGTERM); with `wait=False` only until nothing is left to do.

    Each job runs in an application context of its own, in a thread.
    """
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).set(drivername="postgresql")
    connector = PsycopgConnector(
        conninfo=url.render_as_string(hide_password=False), min_size=1, max_size=4
    )

    def in_application_context(call_next: Callable[[], Any], *_: Any) -> Any:
        with app.app_context():
            return call_next()

    with jobs.replace_connector(connector) as worker_app, worker_app.open():
        worker_app.run_worker(
            concurrency=concurrency,
            wait=wait,
            delete_jobs="successful",
            task_middleware=[in_application_context],
            shutdown_graceful_timeout=5,
        )
