"""Qiming: vocational training and skills competitions of a district Disabled Persons' Federation."""

from datetime import timedelta
from importlib import import_module

from flask import Flask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from app.platform import access, cli, cookies, crypto, eventlog, history, limits, pages
from app.platform.db import Base, db, engine_options
from config import ROOT, Settings

CAPABILITIES = (
    "regions",
    "identity",
    "people",
    "providers",
    "employers",
    "courses",
    "enrolment",
    "attendance",
    "placement",
    "certificates",
    "oversight",
    "demo",
)


def create_app(settings: Settings) -> Flask:
    """Build the application; the only place that knows every capability."""
    app = Flask(__name__, root_path=str(ROOT))
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        **engine_options(settings.database_url),
        OWNER_DATABASE_URL=settings.owner_database_url or settings.database_url,
        SESSION_COOKIE_SECURE=settings.cookie_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(minutes=settings.idle_minutes),
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
        SETTINGS=settings,
        **{key.upper(): getattr(settings, key) for key in _PUBLIC_SETTINGS},
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    cookies.init_app(app)
    db.init_app(app)
    crypto.init_app(
        app,
        field_keys=settings.field_keys.get_secret_value(),
        blind_index_key=settings.blind_index_key.get_secret_value(),
    )
    eventlog.init_app(app, key=settings.eventlog_key.get_secret_value())
    pages.init_app(app)
    limits.init_app(app)
    access.init_app(app)
    cli.init_app(app)
    for name in CAPABILITIES:
        import_module(f"app.{name}").init_app(app)
    history.add_history_tables(Base.metadata)
    Migrate(app, db, directory=str(ROOT / "migrations"), compare_type=True)
    return app


_PUBLIC_SETTINGS = (
    "base_url",
    "demo",
    "district_code",
    "district_name",
    "federation_name",
    "follow_up_attempts",
    "idle_minutes",
    "lockout_failures",
    "lockout_minutes",
    "outbox_dir",
    "outbox_gateway",
    "storage_dir",
)
