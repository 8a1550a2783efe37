"""Employing units."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.employers import models  # noqa: F401
