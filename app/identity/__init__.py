"""Accounts, roles and their scope, sign-in."""

from flask import Flask
from flask_login import LoginManager


def init_app(app: Flask) -> None:
    from app.identity import cli, jobs  # noqa: F401  # its tasks
    from app.identity.queries import load_signed_in
    from app.identity.routes import bp, tasks
    from app.identity.types import ACTIONS, SUBJECTS
    from app.platform import eventlog
    from app.platform.pages import register_tasks

    login = LoginManager(app)
    login.user_loader(load_signed_in)
    # A session ends by its time-out and by the account's epoch; a change of address (mobile networks) ends none.
    login.session_protection = None
    eventlog.explain(actions=ACTIONS, subjects=SUBJECTS)
    app.register_blueprint(bp)
    app.cli.add_command(cli.group)
    register_tasks(tasks)
