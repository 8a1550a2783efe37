"""Spells: reported, documented, verified by another pair of eyes, ended, corrected with their history."""

import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from PIL import Image
from sqlalchemy import func, select, text

from app.placement import queries, rules, services
from app.placement.models import EmploymentSpell, Evidence
from app.placement.types import (
    Document,
    EmploymentForm,
    EvidenceGrade,
    EvidenceKind,
    SpellState,
)
from app.platform import clock, storage
from app.platform.access import Actor, Role
from app.platform.db import db
from app.platform.errors import DomainError, NotAllowed, TransitionRefused
from app.platform.history import known_at
from app.platform.signals import completion_confirmed
from app.platform.unit_of_work import unit_of_work
from tests import factories
from tests.integration.placement.conftest import Trainee, document, facts, photo

Make = Callable[..., EmploymentSpell]


def revise(spell: EmploymentSpell, actor: Actor, *, reason: str = "", **changes: object) -> None:
    db.session.commit()
    services.revise_spell(
        actor=actor,
        spell=spell,
        birth_date=spell.person.birth_date,
        facts=facts(**changes),
        reason=reason,
        seen=spell.recorded_at,
    )


def decide(
    spell: EmploymentSpell, actor: Actor | None = None, *, verify: bool = True, comment: str = ""
) -> None:
    db.session.commit()
    services.decide_spell(
        actor=actor or factories.actor(Role.FEDERATION),
        spell=spell,
        decision=SpellState.VERIFIED if verify else SpellState.RETURNED,
        comment=comment,
        seen=spell.recorded_at,
    )


def test_nobody_vouches_for_what_was_changed_meanwhile(make_spell: Make) -> None:
    spell = make_spell()
    db.session.commit()
    seen = spell.recorded_at
    revise(spell, factories.actor(Role.TOWNSHIP), post="店长")
    db.session.commit()
    with pytest.raises(DomainError, match="修改过"):
        services.decide_spell(
            actor=factories.actor(Role.FEDERATION),
            spell=spell,
            decision=SpellState.RETURNED,
            comment="缺照片",
            seen=seen,
        )
    assert spell.state is SpellState.REPORTED


def test_a_report_stems_from_the_training_by_itself(trainee: Trainee, make_spell: Make) -> None:
    spell = make_spell()
    assert spell.enrolment_id == trainee.enrolment.id
    assert make_spell(started_on=date(2024, 3, 10), post="学徒").enrolment_id is None


def test_work_found_during_the_course_stems_from_it_once_completed(app: object) -> None:
    enrolment = factories.enrolment()
    spell = services.report_spell(
        actor=factories.actor(Role.TOWNSHIP),
        person_id=enrolment.person_id,
        birth_date=enrolment.person.birth_date,
        facts=facts(),
        document=None,
    )
    assert spell.enrolment_id is None
    completion_confirmed.send(
        None,
        actor=factories.actor(Role.FEDERATION),
        enrolment_id=enrolment.id,
        person_id=enrolment.person_id,
        completed_on=date(2024, 5, 20),
        passed=True,
    )
    assert spell.enrolment_id == enrolment.id


def test_the_same_report_sent_twice_is_one_spell(make_spell: Make) -> None:
    actor = factories.actor(Role.TOWNSHIP)
    assert make_spell(actor=actor).id == make_spell(actor=actor).id
    assert db.session.scalar(select(func.count()).select_from(EmploymentSpell)) == 1
    assert db.session.scalar(select(func.count()).select_from(Evidence)) == 1


def test_the_same_post_at_the_same_time_is_explained_at_the_field(
    trainee: Trainee, make_spell: Make
) -> None:
    make_spell()
    with pytest.raises(DomainError) as refusal, unit_of_work():
        services.report_spell(
            actor=factories.actor(Role.FEDERATION),
            person_id=trainee.person.id,
            birth_date=trainee.person.birth_date,
            facts=facts(started_on=date(2024, 5, 20)),
            document=None,
        )
    assert refusal.value.field == "started_on"
    assert "时间重叠" in refusal.value.message


def test_two_posts_at_once_and_the_same_post_again_are_possible(make_spell: Make) -> None:
    first = make_spell(ended_on=date(2024, 5, 20), end_reason="搬迁")
    make_spell(post="客服")
    make_spell(started_on=date(2024, 5, 21))
    assert first.ended_on == date(2024, 5, 20)


def test_an_employer_is_needed_where_one_is_employed(make_spell: Make) -> None:
    with pytest.raises(DomainError) as refusal:
        make_spell(form=EmploymentForm.CONCENTRATED)
    assert refusal.value.field == "form"
    employer = factories.employer()
    spell = make_spell(
        form=EmploymentForm.CONCENTRATED, employer_id=employer.id, workplace=employer.name
    )
    assert spell.employer is employer


def test_grade_is_that_of_all_documents_together(make_spell: Make) -> None:
    actor = factories.actor(Role.TOWNSHIP)
    spell = make_spell(documented=False)
    for kind, colour, grade in (
        (EvidenceKind.CONTRACT, "red", EvidenceGrade.D),
        (EvidenceKind.PAYROLL, "blue", EvidenceGrade.B),
        (EvidenceKind.INSURANCE, "white", EvidenceGrade.A),
    ):
        services.add_evidence(actor=actor, spell=spell, document=document(kind, colour=colour))
        assert {one.grade for one in spell.evidence} == {grade}


def test_the_same_file_twice_is_one_document_and_as_another_kind_refused(make_spell: Make) -> None:
    actor = factories.actor(Role.TOWNSHIP)
    spell = make_spell(documented=False)
    first = services.add_evidence(actor=actor, spell=spell, document=document())
    assert services.add_evidence(actor=actor, spell=spell, document=document()) is first
    db.session.commit()
    with pytest.raises(DomainError, match="已经上传过"), unit_of_work():
        services.add_evidence(actor=actor, spell=spell, document=document(EvidenceKind.PHOTO))


def test_a_photo_keeps_no_trace_of_where_it_was_taken(make_spell: Make) -> None:
    spell = make_spell(documented=False)
    content = photo(exif=True)
    traces = (b"CameraMaker", b"CameraNote", b"CameraPlace")
    assert all(trace in content for trace in traces)
    kept = services.add_evidence(
        actor=factories.actor(Role.TOWNSHIP),
        spell=spell,
        document=Document(EvidenceKind.PHOTO, "现场.jpg", content),
    )
    stored = storage.read(kept.sha256)
    assert not any(trace in stored for trace in traces)
    with Image.open(io.BytesIO(stored)) as image:
        assert not image.getexif()
        assert image.size == (30, 40), "and stands upright"


def test_a_photo_of_a_phone_that_appends_a_second_picture_is_kept(make_spell: Make) -> None:
    target = io.BytesIO()
    first, second = (Image.new("RGB", size, "green") for size in ((40, 30), (8, 6)))
    first.save(target, "MPO", save_all=True, append_images=[second])
    kept = services.add_evidence(
        actor=factories.actor(Role.TOWNSHIP),
        spell=make_spell(documented=False),
        document=Document(EvidenceKind.PHOTO, "现场.jpg", target.getvalue()),
    )
    assert kept.content_type == "image/jpeg"
    with Image.open(io.BytesIO(storage.read(kept.sha256))) as image:
        assert (image.format, image.size) == ("JPEG", (40, 30))


@pytest.mark.parametrize(
    "content",
    [b"<html><script>alert(1)</script></html>", b"\xff\xd8\xff\xe0<html></html>", b"GIF89a" * 9],
)
def test_a_file_that_is_not_what_it_says_is_refused(make_spell: Make, content: bytes) -> None:
    spell = make_spell(documented=False)
    with pytest.raises(DomainError) as refusal:
        services.add_evidence(
            actor=factories.actor(Role.TOWNSHIP),
            spell=spell,
            document=Document(EvidenceKind.PHOTO, "照片.jpg", content),
        )
    assert refusal.value.field == "file"


def test_verification_needs_evidence(make_spell: Make) -> None:
    with pytest.raises(DomainError, match="还没有证明材料"):
        decide(make_spell(documented=False))


def test_four_eyes(make_spell: Make) -> None:
    """Neither the reporter, nor an editor, nor who added a document may verify."""
    reporter, editor, archivist, other = (factories.actor(Role.FEDERATION) for _ in range(4))
    spell = make_spell(actor=reporter)
    revise(spell, editor, monthly_wage=Decimal(3000))
    services.add_evidence(
        actor=archivist, spell=spell, document=document(EvidenceKind.PHOTO, colour="red")
    )
    for one in (reporter, editor, archivist):
        with pytest.raises(DomainError, match="另一位同事"):
            decide(spell, one)
    decide(spell, other)
    assert spell.state is SpellState.VERIFIED
    assert spell.decided_by_id == other.account_id


def test_township_cannot_verify(make_spell: Make) -> None:
    with pytest.raises(TransitionRefused):
        decide(make_spell(), factories.actor(Role.TOWNSHIP))


def test_returning_needs_a_comment_and_editing_reports_again(make_spell: Make) -> None:
    spell = make_spell()
    with pytest.raises(DomainError) as refusal:
        decide(spell, verify=False)
    assert refusal.value.field == "comment"
    decide(spell, verify=False, comment="照片看不清")
    assert spell.state is SpellState.RETURNED
    revise(spell, factories.actor(Role.TOWNSHIP), post="客服")
    assert (spell.state, spell.decided_at, spell.decision_comment) == (
        SpellState.REPORTED,
        None,
        "",
    )


def test_the_second_decision_sees_the_first(make_spell: Make) -> None:
    spell = make_spell()
    first = factories.actor(Role.FEDERATION)
    decide(spell, first)
    decide(spell, first)
    with pytest.raises(TransitionRefused) as refusal:
        decide(spell, verify=False, comment="晚了")
    assert refusal.value.origin is SpellState.VERIFIED
    assert spell.decided_by_id == first.account_id


def test_a_correction_reports_again_and_keeps_what_was_verified(make_spell: Make) -> None:
    spell = make_spell(monthly_wage=Decimal(3000))
    decide(spell)
    db.session.commit()
    verified_at = spell.recorded_at
    officer = factories.actor(Role.TOWNSHIP)
    with pytest.raises(DomainError) as refusal:
        revise(spell, officer, monthly_wage=Decimal(2000))
    assert refusal.value.field == "reason"
    revise(spell, officer, monthly_wage=Decimal(2000), reason="工资录错")
    db.session.commit()
    assert spell.state is SpellState.REPORTED
    moment = verified_at + timedelta(microseconds=1)
    before = db.session.execute(
        known_at(EmploymentSpell, moment).where(text("id = :id")).params(id=spell.id)
    )
    assert [(row.state, row.monthly_wage) for row in before] == [("verified", Decimal("3000.00"))]
    last = queries.changes_of(spell)[-1]
    assert ("月收入（元）", Decimal("3000.00"), Decimal("2000.00")) in last.facts
    assert ("状态", SpellState.VERIFIED, SpellState.REPORTED) in last.facts


def test_an_edit_over_somebody_elses_is_refused(make_spell: Make) -> None:
    spell = make_spell()
    seen = spell.recorded_at
    revise(spell, factories.actor(Role.TOWNSHIP), post="客服")
    db.session.commit()
    with pytest.raises(DomainError, match="别人修改过"):
        services.revise_spell(
            actor=factories.actor(Role.TOWNSHIP),
            spell=spell,
            birth_date=spell.person.birth_date,
            facts=facts(post="美工"),
            reason="",
            seen=seen,
        )
    assert spell.post == "客服"


def test_ending_keeps_it_verified(make_spell: Make) -> None:
    spell = make_spell()
    decide(spell)
    officer = factories.actor(Role.TOWNSHIP)
    for day in (date(2024, 5, 5), clock.today() + timedelta(days=1)):
        with pytest.raises(DomainError) as refusal:
            services.end_spell(actor=officer, spell=spell, ended_on=day, reason="搬迁")
        assert refusal.value.field == "ended_on"
    services.end_spell(actor=officer, spell=spell, ended_on=date(2024, 5, 31), reason="搬迁")
    services.end_spell(actor=officer, spell=spell, ended_on=date(2024, 5, 31), reason="搬迁")
    assert (spell.state, spell.ended_on) == (SpellState.VERIFIED, date(2024, 5, 31))
    with pytest.raises(DomainError, match="已登记在 2024年5月31日 结束"):
        services.end_spell(actor=officer, spell=spell, ended_on=date(2024, 6, 1), reason="改行")


def test_a_verified_spell_takes_no_more_documents(make_spell: Make) -> None:
    spell = make_spell()
    decide(spell)
    with pytest.raises(DomainError, match="先用“更正”"):
        services.add_evidence(
            actor=factories.actor(Role.TOWNSHIP),
            spell=spell,
            document=document(EvidenceKind.PHOTO, colour="red"),
        )


def test_auditors_and_trainees_report_nothing(make_spell: Make) -> None:
    for role in (Role.AUDITOR, Role.TRAINEE):
        with pytest.raises(NotAllowed):
            make_spell(actor=factories.actor(role))


def test_states_change_only_by_the_table() -> None:
    assert {target for _, target in rules.TRANSITIONS} == set(SpellState)


def test_a_base_sees_what_stems_from_its_classes_or_its_reports(
    trainee: Trainee, make_trainee: Callable[..., Trainee], make_spell: Make
) -> None:
    """The trainee went on to another base: each sees its own part."""
    later = make_trainee(of=trainee.person, completed_on=date(2024, 5, 10))
    later.enrolment.training_class.starts_on = date(2024, 4, 1)
    db.session.commit()
    spell = make_spell()
    own = factories.actor(Role.PROVIDER, provider_id=later.provider_id)
    first = factories.actor(Role.PROVIDER, provider_id=trainee.provider_id)
    assert spell.enrolment_id == later.enrolment.id
    assert queries.find_spell(viewer=own, spell_id=spell.id) is not None
    assert queries.find_spell(viewer=first, spell_id=spell.id) is None
    reported = make_spell(actor=first, post="客服")
    assert queries.find_spell(viewer=first, spell_id=reported.id) is not None
    stranger = factories.actor(Role.PROVIDER)
    assert queries.find_spell(viewer=stranger, spell_id=spell.id) is None
    for viewer, count in ((own, 2), (first, 1), (stranger, 0)):
        rows = db.session.execute(queries.spell_rows(viewer, queries.SpellFilter())).all()
        assert len(rows) == count
        assert sum(queries.spell_counts(viewer).values()) == count
