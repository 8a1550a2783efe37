"""Synthetic employment, its evidence, follow-ups in every outcome, exclusions."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from dateutil.relativedelta import relativedelta
from PIL import Image, ImageDraw

from app.attendance.types import CompletionOutcome
from app.courses.types import TrainingField
from app.demo.training import Trained
from app.employers.models import Employer
from app.people.models import Person
from app.people.types import Category
from app.placement.models import EmploymentSpell, Evidence, Exclusion, FollowUp
from app.placement.rules import grade_of
from app.placement.types import (
    ContactMethod,
    EmploymentForm,
    EvidenceKind,
    ExclusionReason,
    FollowUpOutcome,
    SpellState,
)
from app.platform import storage
from app.platform.clock import SHANGHAI
from app.platform.db import db
from app.providers.types import TrainingKind

_MONTHS = (1, 3, 6, 12)
_EMPLOYER_FORMS = {
    EmploymentForm.PROPORTIONAL,
    EmploymentForm.CONCENTRATED,
    EmploymentForm.PUBLIC_POST,
}
_DOCUMENTS: dict[EmploymentForm, tuple[EvidenceKind, ...]] = {
    EmploymentForm.PROPORTIONAL: (EvidenceKind.CONTRACT, EvidenceKind.INSURANCE),
    EmploymentForm.CONCENTRATED: (EvidenceKind.CONTRACT, EvidenceKind.INSURANCE),
    EmploymentForm.SELF_EMPLOYED: (EvidenceKind.LICENCE, EvidenceKind.PHOTO),
    EmploymentForm.RURAL: (EvidenceKind.VILLAGE_CERTIFICATE, EvidenceKind.PHOTO),
    EmploymentForm.PUBLIC_POST: (EvidenceKind.POST_AGREEMENT, EvidenceKind.PAYROLL),
    EmploymentForm.ASSISTIVE: (EvidenceKind.POST_AGREEMENT, EvidenceKind.PAYROLL),
    EmploymentForm.FLEXIBLE: (EvidenceKind.STATEMENT, EvidenceKind.PAYROLL),
}
_POSTS = {
    EmploymentForm.PROPORTIONAL: "客服专员",
    EmploymentForm.CONCENTRATED: "保健按摩师",
    EmploymentForm.SELF_EMPLOYED: "经营者",
    EmploymentForm.RURAL: "种养户",
    EmploymentForm.PUBLIC_POST: "社区协管员",
    EmploymentForm.ASSISTIVE: "手工操作员",
    EmploymentForm.FLEXIBLE: "直播销售",
}


@dataclass(frozen=True)
class Writers:
    """Account ids by which the synthetic records were made."""

    township: int
    verifier: int


class Placement:
    """Writes spells, exclusions and follow-ups of the trained, as of `today`."""

    def __init__(
        self, rng: Random, employers: Sequence[Employer], writers: Writers, today: date
    ) -> None:
        self.rng = rng
        self.employers = employers
        self.writers = writers
        self.today = today
        self.spells: dict[int, list[EmploymentSpell]] = {}
        self.evidence: list[tuple[EmploymentSpell | Exclusion, EvidenceKind]] = []
        self.unreachable: set[int] = set()

    def place(self, trained: Sequence[Trained]) -> None:
        """Work for about seven of ten who completed and had none."""
        for item in trained:
            if (
                item.completion.outcome is not CompletionOutcome.PASSED
                or item.enrolment.employed_at_enrolment
            ):
                continue
            if item.person.id in self.spells or self.rng.random() > 0.72:
                continue
            soon = self.rng.random() < 0.85
            wait = self.rng.randrange(2, 88) if soon else self.rng.randrange(91, 200)
            start = item.completion.completed_on + timedelta(days=wait)
            self._work(item.person, start, _form(self.rng, item), enrolment_id=item.enrolment.id)
        db.session.flush()

    def place_others(self, persons: Sequence[Person], number: int) -> None:
        """Work found without a training, 2022-2024."""
        idle = [
            p
            for p in persons
            if p.id not in self.spells and p.certificates and p.birth_date.year >= 1972
        ]
        for person in self.rng.sample(idle, number):
            start = date(2022, 1, 10) + timedelta(days=self.rng.randrange(1050))
            self._work(person, start, self.rng.choice(list(EmploymentForm)), enrolment_id=None)
        db.session.flush()

    def _work(
        self, person: Person, start: date, form: EmploymentForm, *, enrolment_id: int | None
    ) -> None:
        if start > self.today:
            return
        ended_on = (
            start + timedelta(days=self.rng.randrange(20, 400))
            if self.rng.random() < 0.28
            else None
        )
        if ended_on is not None and ended_on >= self.today:
            ended_on = None
        self._spell(person, start, ended_on, form, enrolment_id)
        if ended_on is not None and self.rng.random() < 0.5:
            again = ended_on + timedelta(days=self.rng.choice((5, 20, 30, 60)))
            if again < self.today:
                self._spell(
                    person, again, None, self.rng.choice(list(EmploymentForm)), enrolment_id
                )

    def _spell(
        self,
        person: Person,
        start: date,
        ended_on: date | None,
        form: EmploymentForm,
        enrolment_id: int | None,
    ) -> None:
        employer = self.rng.choice(self.employers) if form in _EMPLOYER_FORMS else None
        recent = start > self.today - timedelta(days=120)
        state = self.rng.choices(list(SpellState), weights=(45, 50, 5) if recent else (0, 98, 2))[0]
        reported_at = datetime.combine(start, time(10), SHANGHAI) + timedelta(
            days=self.rng.randrange(3, 25)
        )
        now = datetime.combine(self.today, time(8), SHANGHAI)
        spell = EmploymentSpell(
            person_id=person.id,
            enrolment_id=enrolment_id,
            form=form,
            employer_id=employer.id if employer else None,
            workplace=employer.name
            if employer
            else f"演示{form.label.split('（')[0]}户 {person.id}",
            post=_POSTS[form],
            started_on=start,
            ended_on=ended_on,
            end_reason=self.rng.choice(("合同到期", "本人辞职", "单位裁员")) if ended_on else "",
            monthly_wage=self.rng.randrange(1600, 4200, 50),
            contract_months=self.rng.choice((12, 24, 36)) if employer else None,
            insurance_months=self.rng.randrange(1, 12) if employer else None,
            state=state,
            reported_at=min(reported_at, now),
            reported_by_id=self.writers.township,
            decided_at=None
            if state is SpellState.REPORTED
            else min(reported_at + timedelta(days=6), now),
            decided_by_id=None if state is SpellState.REPORTED else self.writers.verifier,
            decision_comment="请补充近三个月工资流水。（演示）"
            if state is SpellState.RETURNED
            else "",
        )
        db.session.add(spell)
        self.spells.setdefault(person.id, []).append(spell)
        self.evidence += [(spell, kind) for kind in _DOCUMENTS[form]]

    def follow_up(self, trained: Sequence[Trained]) -> None:
        """Follow-ups of everybody who completed; those long past are closed, the latest are still open."""
        passed = [item for item in trained if item.completion.outcome is CompletionOutcome.PASSED]
        idle = [
            item.enrolment.id
            for item in passed
            if item.person.id not in self.spells and item.completion.completed_on.year <= 2025
        ]
        excluded = dict(zip(self.rng.sample(idle, 8), list(ExclusionReason) * 2, strict=True))
        self.unreachable = {item.person.id for item in passed if self.rng.random() < 0.05}
        for item in passed:
            reason = excluded.get(item.enrolment.id)
            exclusion = self._exclude(item, reason) if reason else None
            for months in _MONTHS:
                self._follow_up(item, months, exclusion)
        db.session.flush()

    def _exclude(self, item: Trained, reason: ExclusionReason) -> Exclusion:
        since = item.completion.completed_on + timedelta(days=45)
        exclusion = Exclusion(
            enrolment_id=item.enrolment.id,
            reason=reason,
            since=since,
            recorded_by_id=self.writers.township,
        )
        if reason is ExclusionReason.DECEASED:
            item.person.deceased_on = since
        db.session.add(exclusion)
        self.evidence.append((exclusion, EvidenceKind.OTHER))
        return exclusion

    def _follow_up(self, item: Trained, months: int, exclusion: Exclusion | None) -> None:
        due_on = item.completion.completed_on + relativedelta(months=months)
        follow_up = FollowUp(
            enrolment_id=item.enrolment.id, person_id=item.person.id, months=months, due_on=due_on
        )
        db.session.add(follow_up)
        late = due_on > self.today - timedelta(days=60) and self.rng.random() < 0.2
        if due_on >= self.today or late:
            return
        follow_up.closed_on = min(due_on + timedelta(days=self.rng.randrange(0, 12)), self.today)
        follow_up.method = self.rng.choice(list(ContactMethod))
        follow_up.interviewer_id = self.writers.township
        follow_up.outcome = self._outcome(item.person, follow_up.closed_on, exclusion)

    def _outcome(self, person: Person, day: date, exclusion: Exclusion | None) -> FollowUpOutcome:
        if exclusion is not None and exclusion.since <= day:
            return FollowUpOutcome.EXCLUDED
        chance = self.rng.random()
        if chance < 0.04 or person.id in self.unreachable:
            return FollowUpOutcome.NOT_REACHED
        if chance < 0.06:
            return FollowUpOutcome.REFUSED
        at_work = any(
            s.started_on <= day and (s.ended_on is None or s.ended_on >= day)
            for s in self.spells.get(person.id, ())
        )
        return FollowUpOutcome.EMPLOYED if at_work else FollowUpOutcome.NOT_EMPLOYED

    def file_evidence(self) -> None:
        """A picture for each document, kept by its content as an upload is."""
        for number, (subject, kind) in enumerate(self.evidence, start=1):
            stored = storage.store(_picture(number), "image/png")
            kinds = _DOCUMENTS[subject.form] if isinstance(subject, EmploymentSpell) else (kind,)
            grade = grade_of(kinds)
            db.session.add(
                Evidence(
                    spell_id=subject.id if isinstance(subject, EmploymentSpell) else None,
                    exclusion_id=subject.id if isinstance(subject, Exclusion) else None,
                    kind=kind,
                    grade=grade,
                    sha256=stored.sha256,
                    content_type=stored.content_type,
                    size=stored.size,
                    filename=f"演示{kind.label}-{number:04d}.png",
                    uploaded_at=datetime.combine(self.today, time(0), SHANGHAI).astimezone(UTC),
                    uploaded_by_id=self.writers.township,
                )
            )
        db.session.flush()


def _form(rng: Random, item: Trained) -> EmploymentForm:
    categories = {certificate.category for certificate in item.person.certificates}
    if item.klass.course.field in (TrainingField.MASSAGE, TrainingField.MASSAGE_CONTINUING):
        return rng.choices(
            (EmploymentForm.CONCENTRATED, EmploymentForm.SELF_EMPLOYED), weights=(70, 30)
        )[0]
    if categories & {Category.INTELLECTUAL, Category.MENTAL}:
        return rng.choice((EmploymentForm.ASSISTIVE, EmploymentForm.PUBLIC_POST))
    if item.klass.course.kind is TrainingKind.RURAL:
        return rng.choices((EmploymentForm.RURAL, EmploymentForm.FLEXIBLE), weights=(70, 30))[0]
    return rng.choice(
        (EmploymentForm.PROPORTIONAL, EmploymentForm.FLEXIBLE, EmploymentForm.SELF_EMPLOYED)
    )


def _picture(number: int) -> bytes:
    """A small picture that no other document has."""
    image = Image.new("L", (320, 200), 245)
    draw = ImageDraw.Draw(image)
    draw.rectangle((8, 8, 311, 191), outline=120)
    draw.text((24, 84), f"SYNTHETIC DEMO DOCUMENT {number:05d}", fill=40)
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()
