"""Issuing: who gets one, under which number, and what is kept of it."""

from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from app.attendance.models import Completion
from app.attendance.types import CompletionOutcome, CompletionState
from app.certificates import queries, services
from app.certificates.models import Certificate, CertificateSeries
from app.certificates.types import CertificateState
from app.people.models import Person
from app.platform import clock, eventlog, storage
from app.platform.access import Actor, Role
from app.platform.db import db
from app.platform.errors import DomainError, TransitionRefused
from app.platform.history import known_at
from app.platform.jobs import run_worker
from app.platform.unit_of_work import unit_of_work
from tests import factories
from tests.integration.certificates.conftest import Issued


def completed(name: str = "王芳", **changes: object) -> Completion:
    """A confirmed, passed completion of a new person in a new class."""
    return factories.completion(factories.enrolment(factories.person(name=name)), **changes)  # type: ignore[arg-type]


def _issue_and_fail(actor: Actor, completion: Completion) -> None:
    with unit_of_work():
        services.issue(actor=actor, completion=completion)
        raise RuntimeError("the light went out")


def test_numbers_follow_each_other_and_begin_anew_each_year(app: Flask) -> None:
    actor = factories.actor(Role.FEDERATION)
    # 16:30 on 31 December in UTC is already the new year in Shanghai.
    for moment, expected in (
        (datetime(2024, 12, 30, tzinfo=UTC), "ZX-2024-00001"),
        (datetime(2024, 12, 31, 15, 59, tzinfo=UTC), "ZX-2024-00002"),
        (datetime(2024, 12, 31, 16, 30, tzinfo=UTC), "ZX-2025-00001"),
    ):
        with clock.frozen(moment):
            assert services.issue(actor=actor, completion=completed()).number == expected


def test_a_transaction_that_fails_uses_up_no_number(app: Flask) -> None:
    actor = factories.actor(Role.FEDERATION)
    first, second = completed(), completed()
    db.session.commit()
    with pytest.raises(RuntimeError):
        _issue_and_fail(actor, first)
    with unit_of_work():
        number = services.issue(actor=actor, completion=second).number
    assert number.endswith("-00001")
    assert db.session.scalar(select(func.count()).select_from(Certificate)) == 1


def test_a_revoked_number_is_not_used_again_and_the_new_certificate_has_its_own(
    issued: Issued,
) -> None:
    certificate = issued()
    services.revoke(
        actor=factories.actor(Role.FEDERATION), certificate=certificate, reason="姓名印错"
    )
    db.session.commit()
    again = services.issue(
        actor=factories.actor(Role.FEDERATION), completion=certificate.completion
    )
    assert certificate.number.endswith("-00001")
    assert again.number.endswith("-00002")
    assert again.verification_token != certificate.verification_token


def test_the_snapshot_holds_what_was_printed_whatever_changes_later(issued: Issued) -> None:
    certificate = issued(name="王𬭎")
    before = services.draw(certificate)
    person = db.session.get_one(Person, certificate.person_id)
    klass = certificate.completion.enrolment.training_class
    person.name, klass.course.title, klass.provider.name = "王铉", "改了名的课程", "改了名的基地"
    db.session.commit()
    assert certificate.snapshot["name"] == "王𬭎"
    assert services.draw(certificate) == before
    assert person.citizen_number not in str(certificate.snapshot)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"state": CompletionState.PROPOSED}, "确认"),
        ({"state": CompletionState.RETURNED}, "确认"),
        ({"outcome": CompletionOutcome.FAILED}, "未结业"),
    ],
)
def test_only_confirmed_and_passed_completions_are_certified(
    app: Flask, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(DomainError, match=says):
        services.issue(actor=factories.actor(Role.FEDERATION), completion=completed(**changes))
    assert db.session.scalar(select(func.count()).select_from(CertificateSeries)) == 0


def test_a_name_that_cannot_be_printed_is_refused_with_the_character(app: Flask) -> None:
    with pytest.raises(DomainError, match=r"“\ue000”（U\+E000）"):
        services.issue(actor=factories.actor(Role.FEDERATION), completion=completed("王\ue000"))


def test_a_second_valid_certificate_is_refused(issued: Issued) -> None:
    certificate = issued()
    with pytest.raises(DomainError, match="已有有效的证书"):
        services.issue(actor=factories.actor(Role.FEDERATION), completion=certificate.completion)


def test_issuing_is_logged_without_personal_data(issued: Issued) -> None:
    certificate = issued(name="欧阳测试")
    (event,) = eventlog.history_of(certificate)
    assert (event.action, event.detail) == ("certificate.issued", {"number": certificate.number})


def test_a_class_is_issued_at_once_in_order_of_names(app: Flask) -> None:
    klass = factories.training_class()
    for name in ("周杰", "安然", "王\ue001", "李明"):
        factories.completion(factories.enrolment(factories.person(name=name), into=klass))
    failed = factories.person(name="何平")
    factories.completion(factories.enrolment(failed, into=klass), outcome=CompletionOutcome.FAILED)
    issued, refused = services.issue_all(
        actor=factories.actor(Role.FEDERATION), completions=queries.uncertified(klass.id)
    )
    assert [one.snapshot["name"] for one in issued] == ["安然", "李明", "周杰"]
    assert [one.number[-5:] for one in issued] == ["00001", "00002", "00003"]
    assert [(one.name, "U+E001" in one.reason) for one in refused] == [("王\ue001", True)]
    assert [one.enrolment.person.name for one in queries.uncertified(klass.id)] == ["王\ue001"]


def test_issuing_a_class_again_issues_nothing(issued: Issued) -> None:
    certificate = issued()
    again = services.issue_all(
        actor=factories.actor(Role.FEDERATION), completions=[certificate.completion]
    )
    assert again == ([], [])


# ---- races, with real commits


def _in_threads(app: Flask, tasks: list[object]) -> list[object]:
    """Run all tasks at the same moment, each in a thread and application context of its own; what each gave."""
    ready, results = Barrier(len(tasks)), [None] * len(tasks)

    def work(place: int, task: object) -> None:
        with app.app_context():
            ready.wait()
            try:
                results[place] = task()  # type: ignore[operator]
            except Exception as error:
                results[place] = error  # type: ignore[call-overload]
            finally:
                db.session.remove()

    threads = [Thread(target=work, args=(place, task)) for place, task in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results  # type: ignore[return-value]


def test_twenty_officers_at_once_get_twenty_numbers_without_gap_or_double(
    committing_app: Flask,
) -> None:
    actor = factories.actor(Role.FEDERATION)
    # Every fourth one fails after taking its number.
    ids = [completed().id for _ in range(20)]
    db.session.commit()

    def issue(completion_id: int, fails: bool) -> object:
        def task() -> str:
            with unit_of_work():
                completion = db.session.get_one(Completion, completion_id)
                number = services.issue(actor=actor, completion=completion).number
                if fails:
                    raise RuntimeError("the light went out")
            return number

        return task

    results = _in_threads(
        committing_app, [issue(one, place % 4 == 3) for place, one in enumerate(ids)]
    )
    numbers = sorted(result for result in results if isinstance(result, str))
    assert len(numbers) == 15, results
    assert [int(number[-5:]) for number in numbers] == list(range(1, 16))
    assert db.session.scalar(select(CertificateSeries.last_serial)) == 15
    assert db.session.scalar(select(func.count()).select_from(Certificate)) == 15


def test_two_officers_who_issue_the_same_class_at_once_issue_each_certificate_once(
    committing_app: Flask,
) -> None:
    actor = factories.actor(Role.FEDERATION)
    klass = factories.training_class()
    for _ in range(8):
        factories.completion(factories.enrolment(into=klass))
    class_id = klass.id
    single = queries.uncertified(class_id)[5].id
    db.session.commit()

    def whole() -> int:
        with unit_of_work():
            return len(
                services.issue_all(actor=actor, completions=queries.uncertified(class_id))[0]
            )

    def one() -> int:
        with unit_of_work():
            services.issue(actor=actor, completion=db.session.get_one(Completion, single))
        return 1

    results = _in_threads(committing_app, [whole, whole, whole, one, one])
    assert sum(result for result in results if isinstance(result, int)) == 8, results
    assert all(isinstance(result, int | DomainError) for result in results), results
    assert sorted(db.session.scalars(select(Certificate.number))) == [
        f"ZX-{clock.today().year}-{serial:05}" for serial in range(1, 9)
    ]


# ---- constraints


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE certificate SET number = :other WHERE id = :id", "uq_certificate_number"),
        (
            "UPDATE certificate SET verification_token = :token WHERE id = :id",
            "uq_certificate_verification_token",
        ),
        (
            "UPDATE certificate SET completion_id = :completion WHERE id = :id",
            "uq_certificate_valid_completion",
        ),
        (
            "UPDATE certificate SET state = 'lost', revocation_reason = 'x' WHERE id = :id",
            "ck_certificate_state_known",
        ),
        (
            "UPDATE certificate SET state = 'revoked', revocation_reason = 'x' WHERE id = :id",
            "ck_certificate_revoked_at",
        ),
        ("UPDATE certificate SET revoked_at = now() WHERE id = :id", "ck_certificate_revoked_at"),
        (
            "UPDATE certificate SET state = 'revoked', revoked_at = now() WHERE id = :id",
            "ck_certificate_revocation_reason",
        ),
        ("UPDATE certificate SET completion_id = 0 WHERE id = :id", "fk_certificate_completion_id"),
        ("UPDATE certificate SET person_id = 0 WHERE id = :id", "fk_certificate_person_id"),
        ("UPDATE certificate_series SET last_serial = -1", "ck_certificate_series_last_serial"),
        (
            "INSERT INTO certificate_series SELECT prefix, year, 0 FROM certificate_series",
            "pk_certificate_series",
        ),
    ],
)
def test_the_database_refuses(issued: Issued, statement: str, constraint: str) -> None:
    one, other = issued(), issued()
    with pytest.raises(IntegrityError) as refused:
        db.session.execute(
            text(statement),
            {
                "id": one.id,
                "other": other.number,
                "token": other.verification_token,
                "completion": other.completion_id,
            },
        )
    assert refused.value.orig.diag.constraint_name == constraint  # type: ignore[union-attr]


def test_the_application_cannot_delete_a_certificate(issued: Issued) -> None:
    certificate = issued()
    with pytest.raises(ProgrammingError, match="permission denied"):
        db.session.execute(text("DELETE FROM certificate WHERE id = :id"), {"id": certificate.id})


# ---- revocation


def test_revocation_keeps_the_certificate_as_it_was_known_before(committing_app: Flask) -> None:
    completion = completed()
    certificate = services.issue(actor=factories.actor(Role.FEDERATION), completion=completion)
    db.session.commit()
    moment = datetime.now(UTC)
    services.revoke(
        actor=factories.actor(Role.FEDERATION), certificate=certificate, reason="复核发现出勤不足"
    )
    db.session.commit()
    (before,) = db.session.execute(known_at(Certificate, moment)).all()
    assert before.state == "valid"
    (event, _) = eventlog.history_of(certificate)
    assert (event.action, event.detail) == ("certificate.revoked", {"number": certificate.number})


def test_two_officers_who_revoke_at_once_revoke_once(committing_app: Flask) -> None:
    actor = factories.actor(Role.FEDERATION)
    certificate_id = services.issue(actor=actor, completion=completed()).id
    db.session.commit()

    def revoke() -> str:
        with unit_of_work():
            certificate = queries.find_certificate(viewer=actor, certificate_id=certificate_id)
            assert certificate is not None
            services.revoke(actor=actor, certificate=certificate, reason="复核发现出勤不足")
        return "revoked"

    results = _in_threads(committing_app, [revoke] * 5)
    assert results.count("revoked") == 1, results
    assert sum(isinstance(result, TransitionRefused) for result in results) == 4, results


def test_revoking_twice_or_by_others_is_refused(issued: Issued) -> None:
    certificate = issued()
    with pytest.raises(TransitionRefused):
        services.revoke(
            actor=factories.actor(Role.PROVIDER), certificate=certificate, reason="不是我们发的"
        )
    services.revoke(
        actor=factories.actor(Role.FEDERATION), certificate=certificate, reason="复核发现出勤不足"
    )
    with pytest.raises(TransitionRefused):
        services.revoke(
            actor=factories.actor(Role.FEDERATION), certificate=certificate, reason="再来一次"
        )
    assert certificate.state is CertificateState.REVOKED


# ---- drawing


def test_the_job_draws_the_file_that_issuing_asked_for(committing_app: Flask) -> None:
    with unit_of_work():
        certificate = services.issue(
            actor=factories.actor(Role.FEDERATION), completion=completed("李䶮")
        )
    certificate_id = certificate.id
    assert certificate.pdf_sha256 is None
    db.session.remove()
    run_worker(committing_app, wait=False)
    certificate = db.session.get_one(Certificate, certificate_id)
    assert certificate.pdf_sha256 is not None
    assert storage.read(certificate.pdf_sha256) == services.draw(certificate)


def test_no_job_is_left_by_a_transaction_that_fails(app: Flask) -> None:
    completion, actor = completed(), factories.actor(Role.FEDERATION)
    db.session.commit()
    with pytest.raises(RuntimeError):
        _issue_and_fail(actor, completion)
    assert db.session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0


def test_a_lost_file_is_drawn_again_with_the_same_bytes(issued: Issued) -> None:
    certificate = issued()
    content = services.keep_pdf(certificate)
    digest = certificate.pdf_sha256
    assert digest is not None
    Path(storage.path_of(digest)).unlink()
    assert services.keep_pdf(certificate) == content
    assert certificate.pdf_sha256 == digest


def test_a_file_that_was_changed_on_disk_is_not_given_out(issued: Issued) -> None:
    certificate = issued()
    services.keep_pdf(certificate)
    assert certificate.pdf_sha256 is not None
    storage.path_of(certificate.pdf_sha256).write_bytes(b"%PDF-1.7 forged")
    with pytest.raises(ValueError, match="changed"):
        services.keep_pdf(certificate)
