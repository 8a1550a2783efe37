"""How often one address may ask, where asking often means guessing.

NOTE: counted in the memory of each web process, so that two processes allow twice as much; that still makes guessing
hopeless, needs nothing else to run, and is forgotten on a restart. Behind a proxy the address is the one that
`ProxyFix` restores.
"""

from flask import Flask, current_app
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(key_func=get_remote_address, storage_uri="memory://", headers_enabled=False)


@limiter.request_filter
def _switched_off() -> bool:
    """Asked at each request, since the tests switch limits on and off while the application runs."""
    return not current_app.config.get("RATELIMIT_ENABLED", True)


def init_app(app: Flask) -> None:
    limiter.init_app(app)
