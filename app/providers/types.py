"""Words of training bases."""

from app.platform.types import LabelledEnum


class TrainingKind(LabelledEnum):
    """Kinds of training a base is accredited for (domain: national training record)."""

    EMPLOYABILITY = "employability", "就业技能培训"
    UPSKILLING = "upskilling", "岗位技能提升培训"
    ENTREPRENEURSHIP = "entrepreneurship", "创业培训"
    RURAL = "rural", "农村实用技术培训"
    MEDICAL_MASSAGE = "medical_massage", "盲人医疗按摩培训"


#: What this capability logs, in words.
ACTIONS = {
    "provider.entered": "登记基地",
    "provider.changed": "修改基地信息",
    "accreditation.entered": "登记资质",
    "accreditation.changed": "修改资质",
    "venue.entered": "登记场地",
    "venue.changed": "修改场地",
    "teacher.entered": "登记教师",
    "teacher.changed": "修改教师",
    "teacher_qualification.entered": "登记教师资格",
    "teacher_qualification.changed": "修改教师资格",
}

#: Tables whose rows it logs.
SUBJECTS = {
    "provider": "培训基地",
}
