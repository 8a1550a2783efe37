"""Addresses of the demo that somebody in a role may open: every GET view, with numbers from within the scope."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from flask import Flask, url_for
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.routing import Rule

from app.attendance.models import Completion
from app.attendance.types import CompletionOutcome, CompletionState
from app.certificates.models import Certificate
from app.courses.models import ClassSession, Course, TrainingClass
from app.courses.queries import visible_classes
from app.courses.types import ClassState
from app.employers.models import Employer
from app.enrolment.models import Accommodation, Enrolment
from app.enrolment.queries import visible_enrolments
from app.enrolment.types import AccommodationState
from app.identity.models import Account, RoleGrant
from app.oversight.models import AuditFinding, Plan
from app.people.models import AccountRequest, Consent, Guardian, Person
from app.people.queries import visible_persons
from app.placement.models import EmploymentSpell, Evidence, FollowUp
from app.placement.queries import find_evidence, find_follow_up, find_spell
from app.platform.access import Actor, Role
from app.platform.db import db
from app.providers.models import Accreditation, Provider, Teacher, TeacherQualification, Venue
from app.providers.queries import (
    find_accreditation,
    find_qualification,
    find_teacher,
    find_venue,
    visible_providers,
)
from tests.contract.test_access_matrix import roles_of

#: Answers that are files, or no pages of ours.
NO_PAGES = frozenset(
    {
        "static",
        "bootstrap.static",
        "pages.healthy",
        "certificates.download",
        "placement.open_evidence",
        "oversight.export",
    }
)
#: Pages that another step leads to; visited by the tests of their capability.
AFTER_A_STEP = frozenset({"identity.reset_by_code", "people.confirm_account"})

_STATES: dict[str, Sequence[ClassState]] = {
    "courses.show": tuple(ClassState),
    "courses.edit": (ClassState.DRAFT,),
    "courses.new_session": (ClassState.DRAFT,),
    "courses.repeat_sessions": (ClassState.DRAFT,),
    "courses.submit": (ClassState.DRAFT, ClassState.APPROVED),
    "courses.decide": (ClassState.SUBMITTED, ClassState.DRAFT),
    "courses.open_enrolment": (ClassState.APPROVED,),
    "courses.start": (ClassState.ENROLLING,),
    "courses.archive": (ClassState.COMPLETED,),
    "courses.cancel": (ClassState.APPROVED,),
    "courses.open_class": (ClassState.ENROLLING, ClassState.COMPLETED),
    "enrolment.apply": (ClassState.ENROLLING,),
    "enrolment.enrol": (ClassState.ENROLLING,),
    "enrolment.roster": (ClassState.ENROLLING, ClassState.RUNNING),
    "attendance.show": (ClassState.RUNNING, ClassState.COMPLETED),
    "attendance.results": (ClassState.RUNNING, ClassState.COMPLETED),
    "attendance.completion": (ClassState.RUNNING, ClassState.COMPLETED),
    "certificates.class_certificates": (ClassState.COMPLETED,),
}


def is_file(rule: Rule) -> bool:
    return rule.endpoint in NO_PAGES or "export" in rule.endpoint


def rules_for(app: Flask, role: Role | None) -> Iterator[Rule]:
    """Rules answering GET that are open to the role; for a stranger the public ones."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        if "GET" not in (rule.methods or ()) or rule.endpoint in AFTER_A_STEP:
            continue
        if rule.endpoint in ("static", "bootstrap.static"):
            continue
        roles = roles_of(app, rule.endpoint)
        if (roles is None) if role is None else (roles is not None and role in roles):
            yield rule


class Numbers:
    """Finds for a viewer the numbers that an address needs. To be used within an application context."""

    def __init__(self, app: Flask, viewer: Actor | None) -> None:
        self.app = app
        self.viewer = viewer

    def addresses(self, rule: Rule) -> list[str]:
        """The addresses to visit under a rule; empty where the demo has nothing of the kind for this viewer."""
        with self.app.test_request_context():
            return [url_for(rule.endpoint, **values) for values in self._values(rule)]

    def _values(self, rule: Rule) -> list[dict[str, Any]]:
        arguments = set(rule.arguments)
        if not arguments:
            return [{}]
        if rule.endpoint == "enrolment.enrol_person":
            return list(self._enrol_person())
        if "class_id" in arguments:
            return [{"class_id": one} for one in self._classes(rule.endpoint)]
        if arguments == {"person_id", "consent_id"} or arguments == {"person_id", "guardian_id"}:
            return list(self._of_person(Consent if "consent_id" in arguments else Guardian))
        if arguments == {"person_id", "other_id"}:
            first, second = self._ids(visible_persons(self._actor), Person, 2)
            return [{"person_id": first, "other_id": second}]
        if arguments == {"account_id", "grant_id"}:
            grant = db.session.scalars(select(RoleGrant).order_by(RoleGrant.id.desc())).first()
            return [{"account_id": grant.account_id, "grant_id": grant.id}] if grant else []
        (name,) = arguments
        return [{name: one} for one in self._single(name, rule)]

    @property
    def _actor(self) -> Actor:
        assert self.viewer is not None
        return self.viewer

    def _classes(self, endpoint: str) -> list[int]:
        visible = (
            visible_classes(self.viewer)
            if self.viewer is not None
            else select(TrainingClass).where(TrainingClass.state == ClassState.ENROLLING)
        )
        if endpoint.startswith("attendance.confirm") or endpoint.endswith("return_completions"):
            visible = visible.where(
                TrainingClass.id.in_(
                    select(Enrolment.class_id)
                    .join(Completion, Completion.enrolment_id == Enrolment.id)
                    .where(Completion.state == CompletionState.PROPOSED)
                )
            )
        found = []
        for state in _STATES.get(endpoint, (ClassState.RUNNING,)):
            found += self._ids(visible.where(TrainingClass.state == state), TrainingClass, 1)
        return found or self._ids(visible, TrainingClass, 1)

    def _of_person(self, kind: Any) -> Iterator[dict[str, Any]]:
        persons = visible_persons(self._actor).with_only_columns(Person.id)
        live = kind.withdrawn_at if kind is Consent else kind.ended_on
        row = db.session.scalars(
            select(kind).where(kind.person_id.in_(persons), live.is_(None)).order_by(kind.id)
        ).first()
        if row is not None:
            name = "consent_id" if kind is Consent else "guardian_id"
            yield {"person_id": row.person_id, name: row.id}

    def _enrol_person(self) -> Iterator[dict[str, Any]]:
        class_id = self._classes("enrolment.enrol")[0]
        statement = (
            select(Person)
            if self._actor.role is Role.PROVIDER
            else visible_persons(self._actor).where(Person.residence_code != "")
        )
        person_id = self._ids(statement, Person, 1)[0]
        signer = URLSafeTimedSerializer(self.app.secret_key or "", salt="enrol person")
        yield {
            "class_id": class_id,
            "token": signer.dumps([self._actor.account_id, class_id, person_id]),
        }

    def _single(self, name: str, rule: Rule) -> Iterable[Any]:
        if name == "rows":
            # One cohort of many columns is like the others; the test of the indicators opens each.
            return ["mature", "trained"]
        if name == "token":
            return list(db.session.scalars(select(Certificate.verification_token).limit(1)))
        finders: dict[str, tuple[Any, Callable[..., Any]]] = {
            "follow_up_id": (FollowUp, find_follow_up),
            "spell_id": (EmploymentSpell, find_spell),
            "evidence_id": (Evidence, find_evidence),
            "accreditation_id": (Accreditation, find_accreditation),
            "venue_id": (Venue, find_venue),
            "teacher_id": (Teacher, find_teacher),
            "qualification_id": (TeacherQualification, find_qualification),
        }
        if name in finders:
            return self._first_found(name, *finders[name], rule=rule)
        return self._ids(self._statement(name, rule), self._model(name), 1)

    def _first_found(
        self, name: str, kind: Any, find: Callable[..., Any], *, rule: Rule
    ) -> list[int]:
        statement = select(kind.id).order_by(kind.id)
        if kind is FollowUp and rule.endpoint != "placement.follow_up":
            statement = statement.where(FollowUp.outcome.is_(None))
        for number in db.session.scalars(statement.limit(3000)):
            if find(viewer=self._actor, **{name: number}) is not None:
                return [number]
        return []

    def _model(self, name: str) -> Any:
        return {
            "session_id": ClassSession,
            "course_id": Course,
            "provider_id": Provider,
            "person_id": Person,
            "enrolment_id": Enrolment,
            "accommodation_id": Accommodation,
            "completion_id": Completion,
            "certificate_id": Certificate,
            "employer_id": Employer,
            "account_id": Account,
            "request_id": AccountRequest,
            "finding_id": AuditFinding,
            "plan_id": Plan,
            "consent_id": Consent,
        }[name]

    def _statement(self, name: str, rule: Rule) -> Any:
        viewer = self._actor
        if name == "provider_id":
            return visible_providers(viewer)
        if name == "person_id":
            if viewer.role is Role.PROVIDER:
                return select(Person).where(
                    Person.id.in_(
                        visible_enrolments(viewer)
                        .join(Completion, Completion.enrolment_id == Enrolment.id)
                        .where(
                            Completion.state == CompletionState.CONFIRMED,
                            Completion.outcome == CompletionOutcome.PASSED,
                        )
                        .with_only_columns(Enrolment.person_id)
                    )
                )
            return visible_persons(viewer)
        enrolments = visible_enrolments(viewer).with_only_columns(Enrolment.id)
        if name == "enrolment_id":
            statement = visible_enrolments(viewer)
            if rule.endpoint == "enrolment.withdraw":
                statement = statement.where(
                    TrainingClass.state.in_([ClassState.ENROLLING, ClassState.RUNNING])
                )
            elif rule.endpoint == "oversight.case":
                spells = select(EmploymentSpell.person_id)
                statement = statement.where(Enrolment.person_id.in_(spells))
            return statement
        if name == "accommodation_id":
            return select(Accommodation).where(
                Accommodation.enrolment_id.in_(enrolments),
                Accommodation.state == AccommodationState.ASKED,
            )
        if name == "completion_id":
            return select(Completion).where(
                Completion.enrolment_id.in_(enrolments),
                Completion.outcome == CompletionOutcome.PASSED,
                ~Completion.id.in_(select(Certificate.completion_id)),
            )
        if name == "certificate_id":
            return select(Certificate).where(
                Certificate.completion_id.in_(
                    select(Completion.id).where(Completion.enrolment_id.in_(enrolments))
                )
            )
        if name == "consent_id":
            return select(Consent).where(
                Consent.person_id == viewer.person_id, Consent.withdrawn_at.is_(None)
            )
        if name == "session_id":
            state = ClassState.RUNNING if "roll_call" in rule.endpoint else ClassState.DRAFT
            classes = visible_classes(viewer).where(TrainingClass.state == state)
            return select(ClassSession).where(
                ClassSession.class_id.in_(classes.with_only_columns(TrainingClass.id))
            )
        if name == "request_id":
            persons = visible_persons(viewer).with_only_columns(Person.id)
            return select(AccountRequest).where(AccountRequest.person_id.in_(persons))
        return select(self._model(name))

    def _ids(self, statement: Any, kind: Any, count: int) -> list[int]:
        return list(
            db.session.scalars(
                statement.with_only_columns(kind.id).order_by(None).order_by(kind.id).limit(count)
            )
        )
