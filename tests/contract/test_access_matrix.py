"""Who may reach which address, kept as a text that a reviewer reads.

`python -m tests.contract.test_access_matrix --write` writes it anew; what changed is then seen in the difference.
"""

import base64
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Rule

from app import create_app
from app.platform.access import Actor, Role, access_of, policy_of
from config import Settings

MATRIX = Path(__file__).with_name("access_matrix.txt")
PUBLIC = "public"
EVERYBODY = "signed-in"

#: Number of nothing that exists.
NOWHERE = 2_000_000_000

#: Scope of the actor by which a policy is asked; numbers of nothing that exists.
_SCOPE: dict[Role, dict[str, Any]] = {
    Role.FEDERATION: {"region_code": "210603"},
    Role.TOWNSHIP: {"region_code": "210603101"},
    Role.PROVIDER: {"provider_id": -1},
    Role.TRAINEE: {"person_id": -1},
}


def actor_of(role: Role) -> Actor:
    return Actor(account_id=-1, name="测试", role=role, grant_id=-1, **_SCOPE.get(role, {}))


def roles_of(app: Flask, endpoint: str) -> frozenset[Role] | None:
    """Roles that the policy lets in; None for a public view."""
    if access_of(app, endpoint) == PUBLIC:
        return None
    policy = policy_of(app, endpoint)
    assert policy is not None, f"{endpoint} declares neither @requires nor @public"
    return frozenset(role for role in Role if policy(actor_of(role)))


def methods_of(rule: Rule) -> str:
    return ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))


def matrix(app: Flask) -> list[str]:
    """One line an address: methods, rule, endpoint, who."""
    lines = []
    for rule in app.url_map.iter_rules():
        roles = roles_of(app, rule.endpoint)
        if roles is None:
            who = PUBLIC
        elif roles == frozenset(Role):
            who = EVERYBODY
        else:
            who = ",".join(role.value for role in Role if role in roles)
        lines.append(f"{methods_of(rule)} {rule.rule} {rule.endpoint} {who}")
    return sorted(lines, key=lambda line: (line.split()[1], line))


def _address(app: Flask, rule: Rule, method: str) -> str:
    """An address that the rule answers, with the number of something that does not exist."""
    values = {name: _example(rule._converters[name]) for name in rule.arguments}
    return app.url_map.bind("localhost").build(rule.endpoint, values, method=method)


def _example(converter: BaseConverter) -> Any:
    if isinstance(converter, IntegerConverter):
        return NOWHERE
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return "nothing"


def _guarded(app: Flask, method: str) -> Iterator[tuple[str, frozenset[Role]]]:
    """Address of each view that is not public and answers the method, with its roles."""
    for rule in app.url_map.iter_rules():
        roles = roles_of(app, rule.endpoint)
        if roles is not None and method in (rule.methods or ()):
            yield _address(app, rule, method), roles


def test_the_matrix_is_as_it_was_agreed(app: Flask) -> None:
    assert matrix(app) == MATRIX.read_text(encoding="utf-8").splitlines(), (
        "access has changed: run python -m tests.contract.test_access_matrix --write and read the difference"
    )


def test_every_view_declares_who_may_reach_it(app: Flask) -> None:
    undeclared = {
        rule.endpoint for rule in app.url_map.iter_rules() if access_of(app, rule.endpoint) is None
    }
    assert undeclared == set()


def test_nothing_is_closed_to_everybody(app: Flask) -> None:
    closed = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if roles_of(app, rule.endpoint) == frozenset()
    }
    assert closed == set()


def test_a_stranger_is_sent_to_sign_in(app: Flask, client: FlaskClient) -> None:
    for path, _ in _guarded(app, "GET"):
        answer = client.get(path)
        assert answer.status_code == 303, path
        assert answer.location.startswith("/sign-in?next="), path


def test_a_stranger_cannot_write(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    for path, _ in _guarded(app, "POST"):
        answer = client.post(path)
        assert (answer.status_code, answer.location) == (303, "/sign-in"), path


@pytest.mark.parametrize("role", list(Role))
def test_other_roles_are_refused(
    app: Flask, sign_in: Callable[..., FlaskClient], role: Role
) -> None:
    visitor = sign_in(role)
    for path, roles in _guarded(app, "GET"):
        if role not in roles:
            assert visitor.get(path).status_code in (403, 404), path


@pytest.mark.parametrize("role", list(Role))
def test_an_id_that_is_not_there_is_404_for_those_let_in(
    app: Flask, sign_in: Callable[..., FlaskClient], role: Role
) -> None:
    visitor = sign_in(role)
    for path, roles in _guarded(app, "GET"):
        if role in roles and f"/{NOWHERE}" in path:
            assert visitor.get(path).status_code == 404, path


def _write() -> None:
    """Write the matrix; nothing is read from a database, so there is none."""
    key = base64.b64encode(bytes(32)).decode()
    settings: dict[str, Any] = {
        "database_url": "postgresql+psycopg://nobody@localhost/none",
        "secret_key": "0" * 32,
        "field_keys": f"none:{key}",
        "blind_index_key": "0" * 32,
        "eventlog_key": "0" * 32,
        "base_url": "http://localhost",
    }
    app = create_app(Settings(_env_file=None, **settings))  # type: ignore[call-arg]
    MATRIX.write_text("".join(f"{line}\n" for line in matrix(app)), encoding="utf-8")
    print(f"{MATRIX}: written")


if __name__ == "__main__":
    if "--write" not in sys.argv:
        raise SystemExit("usage: python -m tests.contract.test_access_matrix --write")
    _write()
