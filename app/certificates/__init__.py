"""Issue, revoke and verify certificates; their PDF."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.certificates import jobs  # noqa: F401  # its tasks
    from app.certificates.routes import bp, tasks
    from app.certificates.types import ACTIONS, SUBJECTS
    from app.platform import eventlog
    from app.platform.pages import register_tasks

    eventlog.explain(actions=ACTIONS, subjects=SUBJECTS)
    app.register_blueprint(bp)
    register_tasks(tasks)
