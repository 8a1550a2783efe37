"""What belongs to another district, base or person is not there: 404, whatever the address and the method."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter, Rule

from app.certificates.models import Certificate
from app.enrolment.models import Accommodation
from app.enrolment.types import AccommodationKind
from app.oversight.models import Plan
from app.people.models import AccountRequest, Consent, Guardian
from app.people.types import AccountRequestState
from app.placement.models import EmploymentSpell, Evidence, FollowUp
from app.placement.types import EmploymentForm, EvidenceGrade, EvidenceKind
from app.platform.access import Role
from app.platform.db import db
from app.providers.models import Accreditation, TeacherQualification
from tests import factories
from tests.contract.test_access_matrix import roles_of

NOON = datetime(2024, 5, 1, 4, tzinfo=UTC)

#: Those who look after something else of the same kind.
ELSEWHERE: dict[Role, dict[str, Any]] = {
    Role.FEDERATION: {"region_code": "210602"},
    Role.TOWNSHIP: {"region_code": "210602001"},
    Role.PROVIDER: {},
    Role.TRAINEE: {},
}

#: Not scoped: the catalogue is one for all, employers are no persons, and any trainee may apply for any open class.
OPEN = {("course_id", None), ("employer_id", None), ("class_id", "enrolment.apply")}
#: The administrator's and the auditor's, who have no scope.
UNBUILT = {"account_id", "grant_id", "finding_id"}

#: Says what is wrong with the body before it looks for anything, the same for every number.
READS_FIRST = {"attendance.save_mark"}


def _add(row: Any) -> int:
    db.session.add(row)
    db.session.flush()
    return int(row.id)


@pytest.fixture
def ids(app: Flask) -> dict[str, int]:
    """One of each thing in the district, by the name it has in addresses."""
    base = factories.provider()
    klass = factories.training_class(by=base)
    session = factories.class_session(klass)
    person = factories.person()
    enrolment = factories.enrolment(person, into=klass)
    completion = factories.completion(enrolment)
    teacher = factories.teacher(base)
    certificate = Certificate(
        number="T-1", verification_token="t" * 22, completion_id=completion.id, person_id=person.id,
        issued_on=date(2024, 5, 1), issued_by_id=0, snapshot={},
    )  # fmt: skip
    spell = EmploymentSpell(
        person_id=person.id, form=EmploymentForm.FLEXIBLE, workplace="甲", post="乙",
        started_on=date(2024, 5, 2), reported_at=NOON, reported_by_id=0,
    )  # fmt: skip
    qualification = TeacherQualification(
        teacher_id=teacher.id,
        title="证",
        number="1",
        kinds=["employability"],
        valid_from=date(2020, 1, 1),
    )
    spell_id = _add(spell)
    evidence = Evidence(
        spell_id=spell_id, kind=EvidenceKind.CONTRACT, grade=EvidenceGrade.A, sha256="0" * 64,
        content_type="application/pdf", size=1, filename="合同.pdf", uploaded_at=NOON, uploaded_by_id=0,
    )  # fmt: skip
    plan = Plan(
        title="方案", region_code="210603", starts_on=date(2024, 1, 1), ends_on=date(2024, 12, 31),
        source="测试",
    )  # fmt: skip
    found = {
        "evidence_id": _add(evidence),
        "plan_id": _add(plan),
        "other_id": factories.person().id,
        "class_id": klass.id,
        "session_id": session.id,
        "person_id": person.id,
        "enrolment_id": enrolment.id,
        "completion_id": completion.id,
        "provider_id": base.id,
        "venue_id": klass.venue_id,
        "teacher_id": teacher.id,
        "qualification_id": _add(qualification),
        "accreditation_id": db.session.query(Accreditation).filter_by(provider_id=base.id).one().id,
        "consent_id": db.session.query(Consent).filter_by(person_id=person.id).one().id,
        "certificate_id": _add(certificate),
        "spell_id": spell_id,
        "follow_up_id": _add(
            FollowUp(
                enrolment_id=enrolment.id, person_id=person.id, months=1, due_on=date(2024, 5, 26)
            )
        ),
        "guardian_id": _add(
            Guardian(person_id=person.id, name="监护人", relation="父", phone="13800000003")
        ),
        "accommodation_id": _add(
            Accommodation(enrolment_id=enrolment.id, kind=next(iter(AccommodationKind)))
        ),
        "request_id": _add(
            AccountRequest(
                person_id=person.id,
                account_id=factories.account(Role.JUDGE).account_id,
                state=AccountRequestState.WAITING,
                requested_at=NOON,
            )
        ),
    }
    db.session.commit()
    return found


def _rules(app: Flask, role: Role) -> Iterator[Rule]:
    """Addresses with a number in them that the role may reach, and whose numbers we have."""
    for rule in app.url_map.iter_rules():
        roles = roles_of(app, rule.endpoint)
        if not rule.arguments or roles is None or role not in roles:
            continue
        if any((name, where) in OPEN for name in rule.arguments for where in (None, rule.endpoint)):
            continue
        if not rule.arguments & UNBUILT and all(
            isinstance(converter, IntegerConverter) for converter in rule._converters.values()
        ):
            yield rule


@pytest.mark.parametrize("role", list(ELSEWHERE))
def test_another_ones_number_is_not_there(
    app: Flask,
    sign_in: Callable[..., FlaskClient],
    ids: dict[str, int],
    monkeypatch: pytest.MonkeyPatch,
    role: Role,
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    scope = ELSEWHERE[role]
    if "region_code" in scope:
        factories.region(scope["region_code"])
    visitor = sign_in(role, **scope)
    rules, leaks = list(_rules(app, role)), []
    assert len(rules) >= 5
    for rule in rules:
        values = {name: ids[name] for name in rule.arguments}
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            path = app.url_map.bind("localhost").build(rule.endpoint, values, method=method)
            body = {"enrolment_id": ids["enrolment_id"], "mark": "present", "nonce": "n"}
            sent = {"json": body} if rule.endpoint in READS_FIRST else {}
            status = visitor.open(path, method=method, **sent).status_code
            if status != 404:
                leaks.append(f"{method} {rule.rule} {rule.endpoint}: {status}")
    assert leaks == []


def test_every_number_in_an_address_is_tried_or_named_here(app: Flask, ids: dict[str, int]) -> None:
    numbers = {
        name
        for rule in app.url_map.iter_rules()
        for name, converter in rule._converters.items()
        if isinstance(converter, IntegerConverter)
    }
    assert numbers <= ids.keys() | UNBUILT | {name for name, _ in OPEN}


def test_half_of_a_pair_is_not_enough(
    app: Flask,
    sign_in: Callable[..., FlaskClient],
    ids: dict[str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One's own person with another district's person, guardian or consent; one account with another's role."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    own = factories.person(residence_code="210602001")
    visitor = sign_in(Role.FEDERATION, region_code="210602")
    for path in (
        f"/persons/{own.id}/merge/{ids['person_id']}",
        f"/persons/{ids['person_id']}/merge/{own.id}",
        f"/persons/{own.id}/guardians/{ids['guardian_id']}/end",
        f"/persons/{own.id}/consents/{ids['consent_id']}/withdraw",
    ):
        assert visitor.get(path).status_code == 404, path
        assert visitor.post(path).status_code == 404, path
    mine, other = factories.account(Role.JUDGE), factories.account(Role.JUDGE)
    db.session.commit()
    path = f"/accounts/{mine.account_id}/grants/{other.id}/revoke"
    assert sign_in(Role.SYSADMIN).post(path).status_code == 404


@pytest.mark.parametrize("number", [0, 2**63, 10**40])
def test_a_number_that_no_key_can_be_is_not_there(
    app: Flask, sign_in: Callable[..., FlaskClient], number: int
) -> None:
    assert sign_in(Role.FEDERATION).get(f"/persons/{number}").status_code == 404
