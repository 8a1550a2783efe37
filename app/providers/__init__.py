"""Training bases: accreditation, venues, teachers."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.providers import models  # noqa: F401
