"""Eligibility, applications, seats, waiting list, accommodations."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.enrolment import models, services  # noqa: F401
