"""Words of employing units."""

from app.platform.types import LabelledEnum


class EmployerKind(LabelledEnum):
    ORGAN = "organ", "机关"
    INSTITUTION = "institution", "事业单位"
    STATE_ENTERPRISE = "state_enterprise", "国有企业"
    ENTERPRISE = "enterprise", "企业"
    SOCIAL = "social", "社会组织"
    ASSISTIVE = "assistive", "辅助性就业机构"
