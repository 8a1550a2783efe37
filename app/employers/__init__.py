"""Employing units."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.employers import models  # noqa: F401
    from app.employers.routes import bp

    app.register_blueprint(bp)
