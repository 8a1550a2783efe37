"""Roll call, hours, results and completion."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.attendance import models  # noqa: F401
