"""Issue, revoke and verify certificates; their PDF."""

from collections.abc import Iterator

from flask import Flask

from app.platform.access import Actor, Role
from app.platform.pages import Standing, Task, register_tasks


def init_app(app: Flask) -> None:
    from app.certificates import jobs, models  # noqa: F401
    from app.certificates.routes import bp
    from app.certificates.types import ACTIONS, SUBJECTS
    from app.platform import eventlog

    eventlog.explain(actions=ACTIONS, subjects=SUBJECTS)
    app.register_blueprint(bp)
    register_tasks(_due)


def _due(actor: Actor) -> Iterator[Task | Standing]:
    from app.certificates import queries

    if actor.role is Role.FEDERATION:
        yield Task(queries.count_awaiting(actor), "结业已确认，等待发证", "certificates.awaiting")
    elif actor.role is Role.TRAINEE:
        yield Standing("我的证书", str(queries.count_own(actor)), "certificates.mine")
