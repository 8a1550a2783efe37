"""Puts the synthetic district together."""

import csv
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy import func, select

from app.attendance.models import Completion
from app.attendance.types import CompletionOutcome
from app.certificates import services as certificates
from app.courses.types import ClassState
from app.demo import accounts, catalogue, outcomes, people, timetable, training
from app.demo import today as today_in_demo
from app.demo.catalogue import DISTRICT
from app.demo.training import Trained
from app.identity.models import Account
from app.oversight.models import Plan, Target
from app.oversight.types import TargetIndicator
from app.people.models import Consent, Person
from app.people.types import ConsentPurpose
from app.platform import clock, eventlog
from app.platform.access import SYSTEM, Actor, Role
from app.platform.db import db
from app.regions import services as regions
from app.regions.cli import SEED
from app.regions.models import Region

_SEED = 20220101


def is_loaded() -> bool:
    return db.session.scalar(select(func.count()).select_from(Person)) != 0


def load() -> dict[str, int]:
    """Write everything in the caller's transaction; what was made, by name.

    The past is the same at each loading; classes around today move with the date.
    """
    rng = Random(_SEED)
    today = clock.today()
    with SEED.open(encoding="utf-8-sig", newline="") as file:
        regions.load_regions(rows=regions.read_rows(csv.DictReader(file)))
    townships = db.session.scalars(
        select(Region.code)
        .where(Region.parent_code == DISTRICT, Region.valid_to.is_(None))
        .order_by(Region.code)
    ).all()
    persons = people.persons(rng, people.villages(townships))
    people.yearly_records(rng, persons, last_year=today.year, today=today)
    bases = catalogue.bases()
    courses = catalogue.courses()
    employers = catalogue.employers(rng)
    classes = timetable.hold(list(timetable.plan(today)), bases, courses, created_by_id=0)
    consents = db.session.scalars(
        select(Consent.person_id).where(Consent.purpose == ConsentPurpose.TRAINING)
    )
    enrolments = training.enrol(rng, classes, persons, set(consents))
    accounts.create([base.provider for base in bases])
    ids = {account.username: account.id for account in db.session.scalars(select(Account))}
    trained = training.teach(
        rng,
        classes,
        enrolments,
        now=clock.now(),
        teacher_id=ids["jidi1"],
        officer_id=ids["canlian"],
    )
    certified = _certify(trained, officer_id=ids["canlian"])
    placement = outcomes.Placement(
        rng, employers, outcomes.Writers(township=ids["langtou"], verifier=ids["canlian2"]), today
    )
    placement.place(trained)
    placement.place_others(persons, 62)
    placement.follow_up(trained)
    placement.file_evidence()
    _plan()
    learning = [
        enrolment.person
        for klass in classes
        if klass.state is ClassState.RUNNING and klass.ends_on > today
        for enrolment in enrolments[klass.id]
    ]
    graduated = next(item.person for item in trained if item.person.id in placement.spells)
    accounts.create_trainees([*learning[:2], graduated])
    today_in_demo.log_what_was_loaded()
    today_in_demo.hand_in_completion(classes)
    today_in_demo.revoke_some_certificates(rng)
    today_in_demo.wish_for_accounts(
        [p for p in persons if p.certificates and p.residence_code.startswith("210603101")]
    )
    today_in_demo.call_in_vain(rng)
    today_in_demo.note_a_finding([spell for own in placement.spells.values() for spell in own])
    eventlog.record(actor=SYSTEM, action="demo.loaded", detail={"seed": _SEED})
    db.session.flush()
    return {
        "人员": len(persons),
        "培训基地": len(bases),
        "课程": len(courses),
        "班期": len(classes),
        "报名": sum(len(made) for made in enrolments.values()),
        "结业审核": len(trained),
        "证书": certified,
        "就业记录": sum(len(spells) for spells in placement.spells.values()),
        "证明材料": len(placement.evidence),
    }


def _certify(trained: Sequence[Trained], *, officer_id: int) -> int:
    """Certificates a few days after each class, but for the last two, which are left to try; how many there are."""
    officer = Actor(
        account_id=officer_id, name="演示区残联 培训科", role=Role.FEDERATION, region_code=DISTRICT
    )
    classes: dict[datetime, list[Completion]] = defaultdict(list)
    for item in trained:
        if item.completion.confirmed_at and item.completion.outcome is CompletionOutcome.PASSED:
            classes[item.completion.confirmed_at].append(item.completion)
    certified = 0
    for confirmed_at in sorted(classes)[:-2]:
        with clock.frozen(confirmed_at + timedelta(days=4)):
            issued, _ = certificates.issue_all(
                actor=officer, completions=classes[confirmed_at], draw_now=False
            )
        certified += len(issued)
    return certified


def _plan() -> None:
    plan = Plan(
        title="振兴区残疾人职业技能提升行动方案（2022-2024 年）",
        region_code=DISTRICT,
        starts_on=date(2022, 1, 1),
        ends_on=date(2024, 12, 31),
        source="试点方案：培训 420 人，新增就业 300 人",
    )
    plan.targets = [
        Target(indicator=TargetIndicator.TRAINED, value=420),
        Target(indicator=TargetIndicator.EMPLOYED, value=300),
    ]
    db.session.add(plan)
