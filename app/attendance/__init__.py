"""Roll call, hours, results and completion."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.attendance.queries import passed_among
    from app.attendance.routes import bp, tasks
    from app.attendance.types import ACTIONS, SUBJECTS
    from app.enrolment.queries import register_passed
    from app.platform import eventlog
    from app.platform.pages import register_tasks

    eventlog.explain(actions=ACTIONS, subjects=SUBJECTS)
    app.register_blueprint(bp)
    register_tasks(tasks)
    register_passed(passed_among)
