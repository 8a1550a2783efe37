"""Words of employing units."""

from app.platform.types import LabelledEnum


class EmployerKind(LabelledEnum):
    ORGAN = "organ", "机关"
    INSTITUTION = "institution", "事业单位"
    STATE_ENTERPRISE = "state_enterprise", "国有企业"
    ENTERPRISE = "enterprise", "企业"
    SOCIAL = "social", "社会组织"
    ASSISTIVE = "assistive", "辅助性就业机构"


#: What this capability logs, in words.
ACTIONS = {
    "employer.added": "登记用人单位",
    "employer.changed": "修改用人单位",
}

#: Tables whose rows it logs.
SUBJECTS = {
    "employer": "用人单位",
}
