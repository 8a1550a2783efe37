"""The session cookie."""

from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface


class SignedCookies(SecureCookieSessionInterface):
    """Flask's own, with its signer made once: it is asked for twice a request, and costs as much as signing."""

    _signer: Any = None

    def get_signing_serializer(self, app: Flask) -> Any:
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer


def init_app(app: Flask) -> None:
    app.session_interface = SignedCookies()
