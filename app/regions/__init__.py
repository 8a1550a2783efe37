"""Administrative divisions: codes that nest by prefix, and their history."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.platform import eventlog
    from app.regions import cli
    from app.regions.types import ACTIONS

    eventlog.explain(actions=ACTIONS)
    app.cli.add_command(cli.group)
