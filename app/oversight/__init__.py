"""Indicators with the rows behind them, targets and findings: reads the rest, writes only its own."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.oversight.cli import events, group
    from app.oversight.routes import bp, tasks
    from app.oversight.types import ACTIONS, SUBJECTS
    from app.platform import eventlog
    from app.platform.pages import register_tasks

    eventlog.explain(actions=ACTIONS, subjects=SUBJECTS)
    app.register_blueprint(bp)
    app.cli.add_command(group)
    app.cli.add_command(events)
    register_tasks(tasks)
