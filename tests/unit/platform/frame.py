"""A small application around the interface layer: no database, templates given by the test."""

from collections.abc import Mapping

from flask import Flask
from flask_login import LoginManager, UserMixin
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader

from app.platform import access, pages
from app.platform.access import Actor, Role
from config import ROOT


class SignedIn(UserMixin):
    """Somebody in one role."""

    id = "1"
    grants_count = 1

    def __init__(self, role: Role) -> None:
        self.actor = Actor(account_id=1, name="于海霞", role=role, region_code="210603")


def small_app(templates: Mapping[str, str] | None = None, *, role: Role | None = None) -> Flask:
    """The application; signed in as `role` where given."""
    app = Flask("small", root_path=str(ROOT))
    app.config.update(
        SECRET_KEY="for tests only",
        TESTING=True,
        PROPAGATE_EXCEPTIONS=False,
        SESSION_COOKIE_SECURE=False,
        WTF_CSRF_ENABLED=False,
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
    )
    pages.init_app(app)
    access.init_app(app)
    app.jinja_loader = ChoiceLoader(
        [DictLoader(dict(templates or {})), FileSystemLoader(ROOT / "templates")]
    )
    login = LoginManager(app)
    login.request_loader(lambda request: SignedIn(role) if role else None)
    return app


def render(source: str, **context: object) -> str:
    """A piece of template with the macros at hand."""
    head = '{% import "platform/macros.html" as ui %}{% import "platform/charts.html" as charts %}'
    app = small_app({"piece.html": head + source})
    with app.test_request_context("/list?q=%E7%8E%8B&page=2"):
        return app.jinja_env.get_template("piece.html").render(**context)
