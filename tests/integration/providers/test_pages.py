"""Pages about training bases: who reaches them, what they refuse, and that lists stay cheap."""

from datetime import date

import pytest
from sqlalchemy import select

from app.platform.access import Role
from app.platform.db import db
from app.platform.eventlog import history_of
from app.providers.models import Accreditation, Provider, Teacher, TeacherQualification, Venue
from app.providers.types import TrainingKind
from tests import factories
from tests.factories import courses as build
from tests.queries import count_queries


@pytest.fixture
def officer(sign_in):
    return sign_in(Role.FEDERATION)


@pytest.fixture
def base(app):
    return factories.provider(name="振兴电商培训中心")


@pytest.fixture
def staff(sign_in, base):
    return sign_in(Role.PROVIDER, provider_id=base.id)


def new_base(**changes):
    values = {
        "name": "新基地",
        "credit_code": factories.credit_code(),
        "region_code": factories.DISTRICT,
        "address": "振兴路 8 号",
        "contact_name": "王芳",
        "contact_phone": "13800000001",
    }
    return values | changes


def test_the_federation_enters_a_base(officer):
    answer = officer.submit("/providers/new", **new_base())
    assert answer.status_code == 303
    base = db.session.scalar(select(Provider).where(Provider.name == "新基地"))
    assert "新基地" in officer.get(answer.location).text
    assert [event.action for event in history_of(base)] == ["provider.entered"]
    assert "13800000001" not in str([event.detail for event in history_of(base)])


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("912106030000000011", "第 18 位应为"),
        ("91210603", "应为 18 位，这里有 8 位"),
        ("91210603I000000011", "第 9 位的“I”"),
    ],
)
def test_a_wrong_credit_code_is_explained_at_its_field_and_kept(officer, typed, told):
    answer = officer.submit("/providers/new", **new_base(credit_code=typed))
    assert answer.status_code == 422
    assert told in answer.text
    assert f'value="{typed}"' in answer.text


def test_full_width_and_spaced_codes_are_read(officer):
    code = factories.credit_code()
    typed = " ".join([code[:2], code[2:8], code[8:]]).lower()
    assert officer.submit("/providers/new", **new_base(credit_code=typed)).status_code == 303


def test_a_code_is_registered_once(officer, base):
    answer = officer.submit("/providers/new", **new_base(credit_code=base.credit_code))
    assert answer.status_code == 422
    assert "已经登记过" in answer.text


def test_a_base_outside_the_officers_region_is_not_a_choice(officer):
    factories.region("210602")
    answer = officer.submit("/providers/new", **new_base(region_code="210602"))
    assert answer.status_code == 422


def accreditation(**changes):
    values = {
        "document_number": "振残培〔2031〕1号",
        "valid_from": "2031-1-1",
        "valid_to": "2033.12.31",
        "kinds": ["rural", "upskilling"],
    }
    return values | changes


def test_an_accreditation_follows_another(officer, base):
    answer = officer.submit(f"/providers/{base.id}/accreditations/new", **accreditation())
    assert answer.status_code == 303
    page = officer.get(f"/providers/{base.id}").text
    assert "2031年1月1日" in page
    assert "岗位技能提升培训、农村实用技术培训" in page


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"valid_from": "2030-12-31"}, "时间重叠"),
        ({"valid_to": "2031-1-1"}, "结束日期应晚于开始日期"),
        ({"valid_to": "2031-2-30"}, "没有 2031年2月30日 这一天"),
        ({"kinds": []}, "至少选择一个批准的培训类别"),
    ],
)
def test_what_an_accreditation_refuses(officer, base, changes, told):
    answer = officer.submit(f"/providers/{base.id}/accreditations/new", **accreditation(**changes))
    assert answer.status_code == 422
    assert told in answer.text


def test_the_staff_runs_its_own_venues_and_teachers(staff, base):
    venue = {
        "name": "直播间",
        "address": "一楼",
        "capacity": "２０",
        "step_free": "y",
        "way_there": "12 路公交",
    }
    assert staff.submit(f"/providers/{base.id}/venues/new", **venue).status_code == 303
    entered = db.session.scalar(select(Venue).where(Venue.provider_id == base.id))
    assert (entered.capacity, entered.step_free, entered.screen_readers) == (20, True, False)
    answer = staff.submit(f"/venues/{entered.id}/edit", **(venue | {"capacity": "25"}))
    assert answer.location.endswith("/providers/own")
    answer = staff.submit(f"/providers/{base.id}/teachers/new", name="买买提•吐尔逊")
    assert "/qualifications/new" in answer.location
    held = {"title": "讲师", "number": "A1", "kinds": ["rural"], "valid_from": "2022-1-1"}
    assert staff.submit(answer.location, **held).status_code == 303
    page = staff.get("/providers/own").text
    assert "买买提·吐尔逊" in page
    assert "直播间" in page


def test_the_staff_does_not_touch_its_accreditation(staff, base):
    assert staff.get(f"/providers/{base.id}/accreditations/new").status_code == 403
    held = db.session.scalar(select(Accreditation.id).where(Accreditation.provider_id == base.id))
    assert staff.get(f"/accreditations/{held}/edit").status_code == 403
    assert staff.get(f"/providers/{base.id}/edit").status_code == 403
    assert "登记资质" not in staff.get("/providers/own").text
    assert staff.get("/providers").status_code == 403


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"capacity": "0"}, "在 1 到 500 之间"),
        ({"capacity": "很多"}, "应为整数"),
        ({"name": ""}, "请填写场地名称"),
    ],
)
def test_what_a_venue_refuses(staff, base, changes, told):
    values = {"name": "直播间", "address": "一楼", "capacity": "20"} | changes
    answer = staff.submit(f"/providers/{base.id}/venues/new", **values)
    assert answer.status_code == 422
    assert told in answer.text


def test_a_venue_name_is_used_once_in_a_base(staff, base):
    factories.venue(base, name="直播间")
    values = {"name": "直播间", "address": "一楼", "capacity": "20"}
    answer = staff.submit(f"/providers/{base.id}/venues/new", **values)
    assert answer.status_code == 422
    assert "已有同名的场地" in answer.text


def test_every_address_with_an_id_of_another_base_or_region_is_unknown(app, sign_in, staff):
    other = factories.provider()
    venue, teacher = factories.venue(other), build.teacher_of(other.id)
    held = db.session.scalar(
        select(TeacherQualification.id).where(TeacherQualification.teacher_id == teacher.id)
    )
    period = db.session.scalar(
        select(Accreditation.id).where(Accreditation.provider_id == other.id)
    )
    shared = [
        f"/providers/{other.id}",
        f"/providers/{other.id}/venues/new",
        f"/providers/{other.id}/teachers/new",
        f"/venues/{venue.id}/edit",
        f"/teachers/{teacher.id}/edit",
        f"/teachers/{teacher.id}/qualifications/new",
        f"/qualifications/{held}/edit",
    ]
    factories.region("210602")
    far = sign_in(Role.FEDERATION, region_code="210602")
    for url in shared:
        assert staff.get(url).status_code == 404, url
        assert far.get(url).status_code == 404, url
    for url in (
        f"/providers/{other.id}/edit",
        f"/providers/{other.id}/accreditations/new",
        f"/accreditations/{period}/edit",
    ):
        assert far.get(url).status_code == 404, url


def test_an_auditor_reads_and_does_not_write(sign_in, base):
    auditor = sign_in(Role.AUDITOR)
    assert "138****0000" in auditor.get(f"/providers/{base.id}").text
    assert auditor.get(f"/providers/{base.id}/venues/new").status_code == 403
    assert auditor.get("/providers/new").status_code == 403


def test_the_list_asks_the_database_as_often_for_two_rows_as_for_twenty(officer):
    def count() -> int:
        with count_queries() as counted:
            assert officer.get("/providers").status_code == 200
        return counted.count

    factories.provider(name="甲基地")
    few = count()
    for number in range(18):
        build.teacher_of(factories.provider(name=f"基地 {number}").id)
    assert count() == few


def test_the_list_filters_and_exports(officer, base):
    factories.provider(name="乡村技术学校", kinds=[TrainingKind.RURAL])
    page = officer.get("/providers?text=学校&kind=rural").text
    assert "乡村技术学校" in page
    assert base.name not in page
    answer = officer.get("/providers/export?kind=rural")
    assert answer.status_code == 200
    assert answer.data.startswith(b"PK")
    assert "没有符合条件" in officer.get("/providers?text=没有的").text


def test_a_base_is_told_when_it_is_not_accredited_today(officer, base):
    period = db.session.scalar(select(Accreditation).where(Accreditation.provider_id == base.id))
    period.valid_to = date(2021, 1, 1)
    db.session.commit()
    assert "今天没有有效资质" in officer.get(f"/providers/{base.id}").text


@pytest.mark.parametrize(
    ("broken", "name"),
    [
        (lambda base: Provider(**plain(base) | {"credit_code": "abc"}), "ck_provider_credit_code"),
        (lambda base: Provider(**plain(base) | {"credit_code": base.credit_code}), "uq_provider_credit_code"),
        (
            lambda base: Accreditation(
                provider_id=base.id, valid_from=date(2040, 1, 1), valid_to=date(2040, 1, 1), kinds=["rural"],
                document_number="x",
            ),
            "ck_accreditation_validity",
        ),
        (
            lambda base: Accreditation(
                provider_id=base.id, valid_from=date(2040, 1, 1), valid_to=date(2041, 1, 1), kinds=[],
                document_number="x",
            ),
            "ck_accreditation_kinds",
        ),
        (
            lambda base: Accreditation(
                provider_id=base.id, valid_from=date(2030, 12, 31), valid_to=date(2041, 1, 1), kinds=["rural"],
                document_number="x",
            ),
            "ex_accreditation_period",
        ),
        (lambda base: Venue(provider_id=base.id, name="a", address="b", capacity=501), "ck_venue_capacity"),
        (
            lambda base: Venue(
                provider_id=base.id, name=factories.venue(base, name="大厅").name, address="b", capacity=5
            ),
            "uq_venue_name",
        ),
        (
            lambda base: TeacherQualification(
                teacher_id=factories.teacher(base).id, title="a", number="1", kinds=["rural"],
                valid_from=date(2024, 1, 1), valid_to=date(2023, 1, 1),
            ),
            "ck_teacher_qualification_validity",
        ),
    ],
)  # fmt: skip
def test_the_database_holds_each_rule_and_the_user_is_told(base, broken, name):
    from app.platform.errors import DomainError
    from app.platform.unit_of_work import unit_of_work

    with pytest.raises(DomainError) as refused, unit_of_work():
        db.session.add(broken(base))
    assert refused.value.__cause__.orig.diag.constraint_name == name
    assert refused.value.field


def plain(base) -> dict[str, object]:
    return {
        "name": "另一个",
        "credit_code": factories.credit_code(),
        "region_code": base.region_code,
        "address": "x",
        "contact_name": "x",
        "contact_phone": "13800000000",
    }


@pytest.mark.parametrize("model", [Accreditation, Venue, Teacher])
def test_parts_need_an_existing_base(app, model):
    columns = {
        Accreditation: {
            "valid_from": date(2040, 1, 1), "valid_to": date(2041, 1, 1), "kinds": ["rural"], "document_number": "x",
        },
        Venue: {"name": "a", "address": "b", "capacity": 5},
        Teacher: {"name": "a"},
    }[model]  # fmt: skip
    from sqlalchemy.exc import IntegrityError

    db.session.add(model(provider_id=-1, **columns))
    with pytest.raises(IntegrityError, match=f"fk_{model.__tablename__}_provider_id"):
        db.session.flush()
