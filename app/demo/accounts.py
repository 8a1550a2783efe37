"""Accounts of the demo: one for each role, and one that holds two."""

from collections.abc import Sequence

from argon2 import PasswordHasher
from sqlalchemy import select

from app.demo.catalogue import DISTRICT
from app.identity.models import Account, RoleGrant
from app.people.models import Person
from app.platform.access import Role
from app.platform.db import db
from app.providers.models import Provider

#: Known to everybody, and only ever valid where DEMO=true.
PASSWORD = "qiming-demo-2026"


#: User names that the demo gives.
_NAMES = (
    "^(admin|canlian2?|shi|langtou|anmin|zhanqian|jidi[0-9]|xueyuan[0-9]|shenji|caipan|duojue)$"
)


def create(providers: Sequence[Provider]) -> None:
    """The accounts of offices and bases."""
    digest = PasswordHasher().hash(PASSWORD)
    _create("admin", "演示系统管理员", digest, {"role": Role.SYSADMIN})
    _create(
        "canlian", "演示区残联 培训科", digest, {"role": Role.FEDERATION, "region_code": DISTRICT}
    )
    _create(
        "canlian2", "演示区残联 就业科", digest, {"role": Role.FEDERATION, "region_code": DISTRICT}
    )
    _create("shi", "演示市残联", digest, {"role": Role.FEDERATION, "region_code": "2106"})
    for name, code in (("langtou", "210603101"), ("anmin", "210603102"), ("zhanqian", "210603002")):
        _create(
            name, f"演示镇街专干 {code[-3:]}", digest, {"role": Role.TOWNSHIP, "region_code": code}
        )
    for index, provider in enumerate(providers, start=1):
        _create(
            f"jidi{index}",
            provider.name,
            digest,
            {"role": Role.PROVIDER, "provider_id": provider.id},
        )
    _create("shenji", "演示审计", digest, {"role": Role.AUDITOR})
    _create("caipan", "演示裁判", digest, {"role": Role.JUDGE})
    _create(
        "duojue",
        "演示多角色（残联和裁判）",
        digest,
        {"role": Role.FEDERATION, "region_code": DISTRICT},
        {"role": Role.JUDGE},
    )


def create_trainees(persons: Sequence[Person]) -> None:
    """One account for each person."""
    digest = PasswordHasher().hash(PASSWORD)
    for index, person in enumerate(persons, start=1):
        _create(
            f"xueyuan{index}", person.name, digest, {"role": Role.TRAINEE, "person_id": person.id}
        )


def _create(username: str, display_name: str, digest: str, *grants: dict[str, object]) -> None:
    account = Account(
        username=username,
        display_name=display_name,
        password_hash=digest,
        must_change_password=False,
    )
    db.session.add(account)
    db.session.flush()
    db.session.add_all(RoleGrant(account_id=account.id, **grant) for grant in grants)


def listing() -> list[tuple[str, str]]:
    """User name and what the account is, in the order they were made; not those opened since."""
    rows = db.session.execute(
        select(Account.username, Account.display_name)
        .where(Account.username.regexp_match(_NAMES))
        .order_by(Account.id)
    )
    return [(row.username, row.display_name) for row in rows]
