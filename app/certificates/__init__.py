"""Issue, revoke and verify certificates; their PDF."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.certificates import models  # noqa: F401
