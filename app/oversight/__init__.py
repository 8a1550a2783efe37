"""Indicators with the rows behind them, targets and findings: reads the rest, writes only its own."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.oversight import models  # noqa: F401
    from app.oversight.cli import group

    app.cli.add_command(group)
