"""Employing units."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.employers.routes import bp
    from app.employers.types import ACTIONS, SUBJECTS
    from app.platform import eventlog

    eventlog.explain(actions=ACTIONS, subjects=SUBJECTS)
    app.register_blueprint(bp)
