"""Employment spells, their evidence, and follow-ups."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.placement import models  # noqa: F401
