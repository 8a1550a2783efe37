"""The register of persons: certificates, needs, assessments, guardians, consent."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.identity.queries import register_scope
    from app.identity.types import ScopeSource
    from app.people import queries
    from app.people.routes import bp
    from app.people.routes.start import tasks
    from app.people.rules import WorkingAge
    from app.people.types import ACTIONS, SUBJECTS
    from app.platform import eventlog
    from app.platform.access import Role
    from app.platform.pages import register_tasks

    app.config.setdefault("WORKING_AGE", WorkingAge())
    eventlog.explain(actions=ACTIONS, subjects=SUBJECTS)
    app.register_blueprint(bp)
    register_tasks(tasks)
    register_scope(
        Role.TRAINEE, ScopeSource(label=queries.scope_label, find=queries.scope_by_number_and_name)
    )
