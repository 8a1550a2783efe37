"""Catalogue, classes (班期) and sessions (课次)."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.courses.routes import bp
    from app.courses.routes.start import tasks
    from app.courses.types import ACTIONS, SUBJECTS
    from app.platform import eventlog
    from app.platform.pages import register_tasks

    eventlog.explain(actions=ACTIONS, subjects=SUBJECTS)
    app.register_blueprint(bp)
    register_tasks(tasks)
