"""Who is acting, and that no view answers anybody by accident.

Access is data on the view: `@requires(policy)` or `@public`. A request to a view with neither fails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, Response, abort, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.platform.types import LabelledEnum

P = ParamSpec("P")
T = TypeVar("T")


class Role(LabelledEnum):
    """What an account may be; one account may hold several and choose."""

    SYSADMIN = "sysadmin", "系统管理员"
    FEDERATION = "federation", "残联"
    TOWNSHIP = "township", "镇街"
    PROVIDER = "provider", "培训基地"
    TRAINEE = "trainee", "学员"
    JUDGE = "judge", "裁判"
    AUDITOR = "auditor", "审计"


@dataclass(frozen=True, slots=True)
class Actor:
    """An account in one of its roles, with the scope of that role."""

    account_id: int
    name: str
    role: Role
    grant_id: int | None = None
    region_code: str | None = None
    provider_id: int | None = None
    person_id: int | None = None


#: Acts for jobs and commands that no person started.
SYSTEM = Actor(account_id=0, name="系统", role=Role.SYSADMIN)

Policy = Callable[[Actor], bool]


def current_actor() -> Actor:
    """The signed-in actor. Only inside a view behind `@requires`."""
    actor: Actor = current_user.actor
    return actor


def requires(
    policy: Policy,
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Let only actors in whom `policy` holds reach the view; strangers are sent to sign in."""

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            if not current_user.is_authenticated:
                wanted = request.full_path.rstrip("?") if request.method == "GET" else None
                return redirect(url_for("identity.sign_in", next=wanted), 303)
            if not policy(current_actor()):
                abort(403)
            answer: ResponseReturnValue = current_app.ensure_sync(view)(*args, **kwargs)
            return answer

        guarded.access = policy.__name__  # type: ignore[attr-defined]
        guarded.policy = policy  # type: ignore[attr-defined]
        return guarded

    return decorate


def public(view: Callable[P, T]) -> Callable[P, T]:
    """Open to everybody, signed in or not."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def anyone_signed_in(actor: Actor) -> bool:
    """Any account in any role."""
    return True


def found(thing: T | None) -> T:
    """The object, or 404: out of scope and absent look the same from outside."""
    if thing is None:
        abort(404)
    return thing


def access_of(app: Flask, endpoint: str) -> str | None:
    """What the view behind an endpoint declares; None where it declares nothing."""
    if endpoint == "static" or endpoint.endswith(".static"):
        return "public"
    return getattr(app.view_functions[endpoint], "access", None)


def policy_of(app: Flask, endpoint: str) -> Policy | None:
    """The policy of the view behind an endpoint; None where it is public or declares nothing."""
    return getattr(app.view_functions[endpoint], "policy", None)


def init_app(app: Flask) -> None:
    """Refuse views that declare nothing, and keep what is not public out of caches."""

    @app.before_request
    def deny_undeclared() -> None:
        if request.endpoint is not None and access_of(app, request.endpoint) is None:
            raise RuntimeError(f"view {request.endpoint} declares neither @requires nor @public")

    @app.after_request
    def keep_private(response: Response) -> Response:
        # On a shared computer "back" must not show a page after signing out, nor a cache keep a file, which `send_file`
        # allows. Public and error pages bear the name of who is signed in; the cookie alone tells whether somebody is,
        # since the database may be what is broken.
        endpoint = request.endpoint
        if endpoint is not None and endpoint.endswith("static"):
            return response
        private = endpoint is not None and access_of(app, endpoint) != "public"
        told = response.headers.get("Cache-Control", "")
        if (private or "_user_id" in session) and "no-store" not in told:
            response.headers["Cache-Control"] = "no-store"
        return response
