"""Words of training bases."""

from app.platform.types import LabelledEnum


class TrainingKind(LabelledEnum):
    """Kinds of training a base is accredited for (domain: national training record)."""

    EMPLOYABILITY = "employability", "就业技能培训"
    UPSKILLING = "upskilling", "岗位技能提升培训"
    ENTREPRENEURSHIP = "entrepreneurship", "创业培训"
    RURAL = "rural", "农村实用技术培训"
    MEDICAL_MASSAGE = "medical_massage", "盲人医疗按摩培训"
