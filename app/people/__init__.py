"""The register of persons: certificates, needs, assessments, guardians, consent."""

from flask import Flask


def init_app(app: Flask) -> None:
    from app.people import models  # noqa: F401
