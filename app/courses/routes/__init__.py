"""Pages about the catalogue, classes and sessions, and what the public sees of them."""

from flask import Blueprint

bp = Blueprint("courses", __name__)

from app.courses.routes import catalogue, classes, public, sessions, steps  # noqa: E402, F401
