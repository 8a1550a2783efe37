"""Accounts, roles and their scope, sign-in."""

from flask import Flask
from flask_login import LoginManager


def init_app(app: Flask) -> None:
    from app.identity import models  # noqa: F401
    from app.identity.queries import load_signed_in

    login = LoginManager(app)
    login.user_loader(load_signed_in)
