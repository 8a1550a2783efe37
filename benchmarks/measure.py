"""One promise about speed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """Rates a second, higher is better: ours, and that of the floor taken in the same run."""

    name: str
    ours: float
    floor: float
    goal: float
    """The share of the floor that we must reach."""

    @property
    def ratio(self) -> float:
        return self.ours / self.floor

    @property
    def ok(self) -> bool:
        return self.ratio >= self.goal

    def __str__(self) -> str:
        verdict = "ok" if self.ok else "short"
        return f"{self.name} {self.ours:.0f} {self.floor:.0f} ratio {self.ratio:.3f} goal {self.goal:.3f} {verdict}"
