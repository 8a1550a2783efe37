"""Words of oversight."""

from app.platform.types import LabelledEnum


class TargetIndicator(LabelledEnum):
    """What a plan can set a target for."""

    TRAINED = "trained", "培训人数"
    EMPLOYED = "employed", "新增就业人数"


class FindingState(LabelledEnum):
    OPEN = "open", "待核查"
    EXPLAINED = "explained", "已说明"
    CONFIRMED = "confirmed", "属实"
