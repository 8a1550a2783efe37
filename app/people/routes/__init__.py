"""Pages of the register of persons."""

from flask import Blueprint

bp = Blueprint("people", __name__)

from app.people.routes import accounts, merging, own, records, register  # noqa: E402, F401
