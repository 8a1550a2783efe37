"""Administrative divisions: codes that nest by prefix, and their history."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.regions import cli, models  # noqa: F401

    app.cli.add_command(cli.group)
