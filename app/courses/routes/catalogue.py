"""The catalogue of courses."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from app.courses import forms, policies, queries, rules, services, sheets
from app.courses.models import Course
from app.courses.routes import bp
from app.courses.routes.history import history_of
from app.platform import clock, pages
from app.platform.access import current_actor, found, requires
from app.platform.pages import Sort, done, page, paginate
from app.platform.unit_of_work import unit_of_work


@bp.get("/courses")
@requires(policies.can_see_catalogue)
def catalogue() -> ResponseReturnValue:
    filters = forms.CourseFilter()
    sort = Sort.from_query(
        {
            "title": Course.title,
            "code": Course.code,
            "hours": Course.theory_hours + Course.practice_hours,
        },
        "title",
    )
    shown = paginate(sort.apply(_courses(filters), then=Course.id))
    return page(
        "courses/catalogue.html",
        filters=filters,
        sort=sort,
        shown=shown,
        may_manage=policies.can_manage_catalogue(current_actor()),
    )


@bp.get("/courses/export")
@requires(policies.can_see_catalogue)
def export_catalogue() -> ResponseReturnValue:
    rows = pages.every(_courses(forms.CourseFilter()).order_by(Course.title, Course.id))
    return pages.export("课程目录", sheets.COURSES, sheets.course_rows(rows))


def _courses(filters: forms.CourseFilter) -> Any:
    return queries.course_list(
        text=filters.text.data,
        kind=filters.kind.data,
        field=filters.field.data,
        retired=filters.retired.data,
        as_of=clock.today(),
    )


@bp.get("/courses/<int:course_id>")
@requires(policies.can_see_catalogue)
def course(course_id: int) -> ResponseReturnValue:
    shown = found(queries.find_course(course_id))
    actor = current_actor()
    return page(
        "courses/course.html",
        course=shown,
        warnings=_warnings(shown),
        classes=queries.classes_of_course(viewer=actor, course_id=course_id),
        may_manage=policies.can_manage_catalogue(actor),
        history=history_of(shown, limit=20),
    )


def _warnings(course: Course) -> list[str]:
    return rules.hours_warnings(
        occupation=course.occupation,
        level=course.level,
        field=course.field,
        theory_hours=course.theory_hours,
        practice_hours=course.practice_hours,
    )


@bp.route("/courses/new", methods=["GET", "POST"])
@requires(policies.can_manage_catalogue)
def new_course() -> ResponseReturnValue:
    return _edit_course(None)


@bp.route("/courses/<int:course_id>/edit", methods=["GET", "POST"])
@requires(policies.can_manage_catalogue)
def edit_course(course_id: int) -> ResponseReturnValue:
    return _edit_course(found(queries.find_course(course_id)))


def _edit_course(course: Course | None) -> ResponseReturnValue:
    form = forms.CourseForm(obj=course)
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            course = services.save_course(
                actor=current_actor(), course=course, **forms.entered(form)
            )
        if form.ok and course is not None:
            warned = "课时低于常见要求，请看下面的提醒。" if _warnings(course) else ""
            return done(f"课程已保存。{warned}", url_for("courses.course", course_id=course.id))
    return page(
        "courses/edit_course.html",
        form=form,
        course=course,
        warnings=_warnings(course) if course else [],
        hours_rules=rules.HOURS_RULES,
    )


@bp.route("/courses/<int:course_id>/retire", methods=["GET", "POST"])
@requires(policies.can_manage_catalogue)
def retire_course(course_id: int) -> ResponseReturnValue:
    course = found(queries.find_course(course_id))
    form = forms.RetireForm()
    if not form.is_submitted():
        form.on.data = clock.today()
    if form.validate_on_submit():
        with form.guard(), unit_of_work():
            services.retire_course(actor=current_actor(), course=course, on=form.on.data)
        if form.ok:
            return done("课程已停开。", url_for("courses.course", course_id=course.id))
    return page("courses/retire.html", form=form, course=course)


@bp.post("/courses/<int:course_id>/restore")
@requires(policies.can_manage_catalogue)
def restore_course(course_id: int) -> ResponseReturnValue:
    course = found(queries.find_course(course_id))
    with unit_of_work():
        services.restore_course(actor=current_actor(), course=course)
    return done("课程已恢复，可以申请开班。", url_for("courses.course", course_id=course.id))
