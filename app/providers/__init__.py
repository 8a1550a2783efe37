"""Training bases: accreditation, venues, teachers."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.identity.queries import register_scope
    from app.identity.types import ScopeSource
    from app.platform import eventlog
    from app.platform.access import Role
    from app.platform.pages import register_tasks
    from app.providers import queries
    from app.providers.routes import bp, tasks
    from app.providers.types import ACTIONS, SUBJECTS

    eventlog.explain(actions=ACTIONS, subjects=SUBJECTS)
    app.register_blueprint(bp)
    register_tasks(tasks)
    register_scope(
        Role.PROVIDER, ScopeSource(label=queries.scope_label, choices=queries.scope_choices)
    )
