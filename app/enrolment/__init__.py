"""Eligibility, applications, seats, waiting list, accommodations."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.enrolment.routes import bp, tasks
    from app.enrolment.types import ACTIONS, SUBJECTS
    from app.platform import eventlog
    from app.platform.pages import register_tasks

    eventlog.explain(actions=ACTIONS, subjects=SUBJECTS)
    app.register_blueprint(bp)
    register_tasks(tasks)
