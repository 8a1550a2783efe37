"""Pages of certificates: who sees what, and what they do."""

import io
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import func, select

from app.attendance.types import CompletionState
from app.certificates import queries, services
from app.certificates.models import Certificate
from app.certificates.types import CertificateState
from app.platform import eventlog
from app.platform.access import Role
from app.platform.db import db
from tests import factories
from tests.integration.certificates.conftest import Issued
from tests.queries import count_queries

SignIn = Callable[..., FlaskClient]


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Certificate)) or 0


def test_the_federation_issues_for_a_whole_class(sign_in: SignIn) -> None:
    klass = factories.training_class()
    for name in ("安然", "王𬭎", "李\ue000"):
        factories.completion(factories.enrolment(factories.person(name=name), into=klass))
    waiting = factories.enrolment(factories.person(name="周平"), into=klass)
    factories.completion(waiting, state=CompletionState.PROPOSED)
    client = sign_in(Role.FEDERATION)
    path = f"/classes/{klass.id}/certificates"
    shown = client.get(path).text
    assert "可以发证 2 人" in shown
    assert "U+E000" in shown
    assert "结业还没有经残联确认" in shown
    answer = client.submit(path)
    assert answer.status_code == 303
    told = client.get(path).text
    assert "已发放 2 张证书" in told
    assert "另有 1 人没有发放" in told
    assert count() == 2
    assert "没有需要发证的学员" not in told


def test_an_officer_who_comes_second_is_told_so(sign_in: SignIn, issued: Issued) -> None:
    certificate = issued()
    class_id = certificate.completion.enrolment.class_id
    client = sign_in(Role.FEDERATION)
    assert client.submit(f"/classes/{class_id}/certificates").status_code == 303
    assert "可能已经由别人发放" in client.get(f"/classes/{class_id}/certificates").text
    answer = client.submit(f"/completions/{certificate.completion_id}/certificate")
    assert answer.status_code == 422
    assert "已有有效的证书" in answer.text
    assert count() == 1


def test_one_certificate_is_issued_singly_and_anew_after_revocation(sign_in: SignIn) -> None:
    completion = factories.completion(factories.enrolment(factories.person(name="张㛃")))
    client = sign_in(Role.FEDERATION)
    path = f"/completions/{completion.id}/certificate"
    answer = client.submit(path)
    assert answer.status_code == 303
    shown = client.get(answer.location).text
    assert "张㛃" in shown
    assert "发证" in shown
    (certificate,) = db.session.scalars(select(Certificate)).all()
    revoke = f"/certificates/{certificate.id}/revoke"
    assert "不能恢复" in client.get(revoke).text
    assert client.submit(revoke, reason="姓名印错，见更正申请").status_code == 303
    assert "已撤销" in client.get(f"/certificates/{certificate.id}").text
    assert "不能再次撤销" in client.get(revoke).text
    assert certificate.number in client.get(path).text
    # The class is not issued again by itself for somebody whose certificate was taken back.
    assert list(queries.uncertified(completion.enrolment.class_id)) == []
    assert client.submit(path).status_code == 303
    assert count() == 2


@pytest.mark.parametrize("reason", ["", "错", "长" * 301])
def test_a_revocation_needs_a_reason_and_keeps_what_was_typed(
    sign_in: SignIn, issued: Issued, reason: str
) -> None:
    certificate = issued()
    answer = sign_in(Role.FEDERATION).submit(
        f"/certificates/{certificate.id}/revoke", reason=reason
    )
    assert answer.status_code == 422
    assert "撤销原因" in answer.text
    assert reason in answer.text
    assert certificate.state is CertificateState.VALID


def test_a_trainee_downloads_what_is_hers(sign_in: SignIn, issued: Issued) -> None:
    certificate = issued(name="王𬭎")
    client = sign_in(Role.TRAINEE, person_id=certificate.person_id)
    assert certificate.number in client.get("/certificates/mine").text
    assert "王𬭎" in client.get(f"/certificates/{certificate.id}").text
    answer = client.get(f"/certificates/{certificate.id}/pdf")
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF-")
    assert answer.mimetype == "application/pdf"
    disposition = unquote(answer.headers["Content-Disposition"])
    assert disposition.startswith("attachment")
    assert f"结业证书 {certificate.number}.pdf" in disposition
    assert "no-store" in answer.headers["Cache-Control"]
    event = eventlog.history_of(certificate)[0]
    assert (event.action, event.role) == ("certificate.downloaded", "trainee")


def test_the_second_download_is_the_stored_file(sign_in: SignIn, issued: Issued) -> None:
    certificate = issued()
    client = sign_in(Role.FEDERATION)
    first = client.get(f"/certificates/{certificate.id}/pdf").data
    assert certificate.pdf_sha256 is not None
    assert client.get(f"/certificates/{certificate.id}/pdf").data == first


def test_a_revoked_certificate_leaves_the_trainee_but_not_the_archive(
    sign_in: SignIn, issued: Issued
) -> None:
    certificate = issued()
    provider_id = certificate.completion.enrolment.training_class.provider_id
    services.revoke(
        actor=factories.actor(Role.FEDERATION), certificate=certificate, reason="复核发现出勤不足"
    )
    db.session.commit()
    path = f"/certificates/{certificate.id}"
    for client, status in (
        (sign_in(Role.TRAINEE, person_id=certificate.person_id), 409),
        (sign_in(Role.PROVIDER, provider_id=provider_id), 409),
        (sign_in(Role.FEDERATION), 200),
        (sign_in(Role.AUDITOR), 200),
    ):
        assert client.get(f"{path}/pdf").status_code == status
        shown = client.get(path).text
        assert "已撤销" in shown
        assert ("出勤不足" in shown) is (status == 200)
    assert (
        "已经撤销"
        in sign_in(Role.TRAINEE, person_id=certificate.person_id).get("/certificates/mine").text
    )


def test_another_ones_certificate_is_not_found(sign_in: SignIn, issued: Issued) -> None:
    certificate = issued(residence_code=factories.TOWNSHIP)
    factories.region("210604")
    for client in (
        sign_in(Role.TRAINEE),
        sign_in(Role.PROVIDER),
        sign_in(Role.TOWNSHIP, region_code=factories.region(factories.OTHER_TOWNSHIP).code),
        sign_in(Role.FEDERATION, region_code="210604"),
    ):
        for path in ("", "/pdf", "/revoke"):
            status = client.get(f"/certificates/{certificate.id}{path}").status_code
            assert status in (403, 404)
            if path == "":
                assert status == 404
    stranger = sign_in(Role.PROVIDER)
    class_id = certificate.completion.enrolment.class_id
    assert stranger.get(f"/classes/{class_id}/certificates").status_code == 404
    foreign = sign_in(Role.FEDERATION, region_code="210604")
    assert foreign.get(f"/completions/{certificate.completion_id}/certificate").status_code == 404
    assert foreign.get(f"/classes/{class_id}/certificates").status_code == 404
    assert foreign.get(f"/certificates/{certificate.id}/pdf").status_code == 404
    assert sign_in(Role.TRAINEE).get(f"/certificates/{certificate.id}/pdf").status_code == 404
    assert sign_in(Role.FEDERATION).get("/certificates/999999").status_code == 404


def test_the_township_sees_its_residents(sign_in: SignIn, issued: Issued) -> None:
    own, other = (
        issued(name="甲一", residence_code=factories.TOWNSHIP),
        issued(name="乙二", residence_code=factories.OTHER_TOWNSHIP),
    )
    client = sign_in(Role.TOWNSHIP)
    shown = client.get("/certificates").text
    assert own.number in shown
    assert other.number not in shown
    assert client.get(f"/certificates/{own.id}").status_code == 200
    assert client.get(f"/certificates/{own.id}/pdf").status_code == 403


def test_a_base_sees_name_number_and_state_of_its_classes(sign_in: SignIn, issued: Issued) -> None:
    own, other = issued(name="甲一"), issued(name="乙二")
    class_id, provider_id = (
        own.completion.enrolment.class_id,
        own.completion.enrolment.training_class.provider_id,
    )
    client = sign_in(Role.PROVIDER, provider_id=provider_id)
    shown = client.get("/certificates").text
    assert own.number in shown
    assert other.number not in shown
    detail = client.get(f"/certificates/{own.id}").text
    for page in (shown, detail, client.get(f"/classes/{class_id}/certificates").text):
        assert "甲一" in page
        assert own.number in page
        assert own.snapshot["identity_number"] not in page
        assert "撤销证书" not in page
    assert client.get(f"/certificates/{own.id}/pdf").status_code == 200
    book = load_workbook(io.BytesIO(client.get("/certificates/export").data))
    assert [[cell.value for cell in row] for row in book["数据"].iter_rows()] == [
        ["证书编号", "姓名", "状态"],
        [own.number, "甲一", "有效"],
    ]


def test_the_auditor_reads_and_does_not_write(sign_in: SignIn, issued: Issued) -> None:
    certificate = issued()
    klass = certificate.completion.enrolment.training_class
    another = factories.completion(factories.enrolment(into=klass))
    client = sign_in(Role.AUDITOR)
    for path in ("/certificates", "/certificates/awaiting", f"/certificates/{certificate.id}"):
        assert client.get(path).status_code == 200
    shown = client.get(f"/classes/{klass.id}/certificates")
    assert shown.status_code == 200
    assert '<button class="btn btn-primary">发放' not in shown.text
    assert client.submit(f"/classes/{klass.id}/certificates", page="/verify").status_code == 403
    assert (
        client.submit(f"/completions/{another.id}/certificate", page="/verify").status_code == 403
    )
    refused = client.submit(
        f"/certificates/{certificate.id}/revoke", page="/verify", reason="审计要求撤销"
    )
    assert refused.status_code == 403
    assert count() == 1
    assert certificate.state is CertificateState.VALID


@pytest.mark.parametrize("role", [Role.SYSADMIN, Role.JUDGE, Role.TRAINEE])
def test_others_have_no_list(sign_in: SignIn, role: Role) -> None:
    client = sign_in(role)
    for path in ("/certificates", "/certificates/export", "/certificates/awaiting"):
        assert client.get(path).status_code == 403


def test_strangers_are_sent_to_sign_in(client: FlaskClient, issued: Issued) -> None:
    certificate = issued()
    for path in ("", f"/{certificate.id}", f"/{certificate.id}/pdf", "/mine", "/awaiting"):
        answer = client.get(f"/certificates{path}")
        assert answer.status_code == 303
        assert "/sign-in" in answer.location


def test_the_list_is_narrowed_by_number_name_state_and_date(
    sign_in: SignIn, issued: Issued
) -> None:
    one, two = issued(name="欧阳芳"), issued(name="买买提·吐尔逊")
    services.revoke(
        actor=factories.actor(Role.FEDERATION), certificate=two, reason="复核发现出勤不足"
    )
    db.session.commit()
    client = sign_in(Role.FEDERATION)
    for query, found in (
        (f"words={one.number.lower().replace('-', '')}", {one}),
        ("words=欧阳", {one}),
        ("words=maimaiti", {two}),
        ("words=%25", set()),
        ("words=%00", {one, two}),
        ("state=revoked", {two}),
        ("issued_to=2001-1-1", set()),
        ("sort=name", {one, two}),
        ("sort=nonsense", {one, two}),
    ):
        shown = client.get(f"/certificates?{query}").text
        assert {
            certificate for certificate in (one, two) if f">{certificate.number}</a>" in shown
        } == found, query
    wrong = client.get("/certificates?issued_from=2024-2-30")
    assert wrong.status_code == 422
    assert "没有 2024年2月30日" in wrong.text


def test_lists_ask_the_database_as_often_for_one_row_as_for_many(
    sign_in: SignIn, issued: Issued
) -> None:
    klass = factories.training_class()
    trainee = issued(into=klass)
    client = sign_in(Role.FEDERATION)
    own = sign_in(Role.TRAINEE, person_id=trainee.person_id)
    factories.completion(factories.enrolment())
    db.session.commit()
    paths = (
        (client, "/certificates"),
        (client, "/certificates/awaiting"),
        (client, f"/classes/{klass.id}/certificates"),
        (client, "/certificates/export"),
        (own, "/certificates/mine"),
    )

    def measure() -> list[int]:
        numbers = []
        for who, path in paths:
            with count_queries() as counted:
                assert who.get(path).status_code == 200
            numbers.append(counted.count)
        return numbers

    before = measure()
    for _ in range(4):
        issued(into=klass)
        issued(of=db.session.get(type(trainee.person), trainee.person_id))
        factories.completion(factories.enrolment())
    db.session.commit()
    assert measure() == before


def test_start_pages_name_what_waits(sign_in: SignIn, issued: Issued) -> None:
    certificate = issued()
    factories.completion(factories.enrolment())
    db.session.commit()
    assert "等待发证" in sign_in(Role.FEDERATION).get("/start").text
    assert "我的证书" in sign_in(Role.TRAINEE, person_id=certificate.person_id).get("/start").text
