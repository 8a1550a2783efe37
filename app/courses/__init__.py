"""Catalogue, classes (班期) and sessions (课次)."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.courses import models  # noqa: F401
