"""What happened to a course or a class, in words."""

from app.courses.models import Course, TrainingClass
from app.platform import eventlog

_WORDS = {
    "code": "编号",
    "title": "名称",
    "summary": "简介",
    "kind": "培训类别",
    "field": "领域",
    "occupation": "职业（工种）",
    "level": "等级",
    "theory_hours": "理论课时",
    "practice_hours": "实操课时",
    "minimum_attendance": "最低出勤比例",
    "assessment_required": "需要考核",
    "certificate_title": "证书名称",
    "starts_on": "开课日期",
    "ends_on": "结束日期",
    "capacity": "计划招收人数",
    "assessment_plan": "考核方案",
    "course_id": "课程",
    "venue_id": "主要场地",
}
#: Attributes whose stored value says nothing to a reader: that they changed is told, not from what to what.
_KEYS = frozenset({"course_id", "venue_id"})


def history_of(subject: Course | TrainingClass, *, limit: int = 50) -> list[eventlog.Entry]:
    """What happened to a course or a class, newest first."""
    return [_entry(event) for event in eventlog.history_of(subject, limit=limit)]


def _entry(event: eventlog.Event) -> eventlog.Entry:
    detail = event.detail
    changes = detail.get("changes", ())
    moved = [_WORDS[name] for name, _, _ in changes if name in _KEYS]
    note = [
        detail.get("comment", ""),
        f"{detail['before']} 改为 {detail['day']}" if "before" in detail else detail.get("day", ""),
        detail.get("topic", ""),
        f"{detail['count']} 次，共 {detail['hours']} 课时" if "count" in detail else "",
        f"班号 {detail['number']}" if "number" in detail else "",
        f"改了{'、'.join(moved)}" if moved else "",
    ]
    return eventlog.entry(
        event,
        note="，".join(part for part in note if part),
        changes=[
            (_WORDS.get(name, name), before, after)
            for name, before, after in changes
            if name not in _KEYS
        ],
    )
