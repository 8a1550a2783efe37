"""Eligibility, applications, seats, waiting list, accommodations."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.enrolment.routes import bp, tasks
    from app.platform.pages import register_tasks

    app.register_blueprint(bp)
    register_tasks(tasks)
