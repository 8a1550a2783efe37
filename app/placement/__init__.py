"""Employment spells, their evidence, and follow-ups."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.placement import models, routes, services  # noqa: F401
    from app.placement.types import ACTIONS, SUBJECTS
    from app.platform import eventlog
    from app.platform.pages import register_tasks
    from app.platform.signals import completion_confirmed

    eventlog.explain(actions=ACTIONS, subjects=SUBJECTS)
    app.register_blueprint(routes.bp)
    register_tasks(routes.tasks)
    completion_confirmed.connect(services.on_completion_confirmed)
