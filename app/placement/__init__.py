"""Employment spells, their evidence, and follow-ups."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.placement import services
    from app.placement.routes import bp, tasks
    from app.placement.types import ACTIONS, SUBJECTS
    from app.platform import eventlog
    from app.platform.pages import register_tasks
    from app.platform.signals import completion_confirmed

    eventlog.explain(actions=ACTIONS, subjects=SUBJECTS)
    app.register_blueprint(bp)
    register_tasks(tasks)
    completion_confirmed.connect(services.on_completion_confirmed)
