"""Administrative divisions."""

from dataclasses import dataclass
from datetime import date

from app.platform.types import LabelledEnum


class RegionLevel(LabelledEnum):
    """Level by the length of the code (GB/T 2260, GB/T 10114)."""

    PROVINCE = "province", "省"
    CITY = "city", "市"
    DISTRICT = "district", "区县"
    TOWNSHIP = "township", "镇街"
    VILLAGE = "village", "村（社区）"


LEVEL_BY_LENGTH = {
    2: RegionLevel.PROVINCE,
    4: RegionLevel.CITY,
    6: RegionLevel.DISTRICT,
    9: RegionLevel.TOWNSHIP,
    12: RegionLevel.VILLAGE,
}


@dataclass(frozen=True, slots=True)
class RegionRow:
    """A division as a list of codes gives it; an open end is None."""

    code: str
    name: str
    valid_from: date | None = None
    valid_to: date | None = None


#: What this capability logs, in words.
ACTIONS = {
    "regions.loaded": "载入行政区划",
}
