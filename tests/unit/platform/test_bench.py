"""What `make bench` says of a measure."""

import pytest

from benchmarks.measure import Measure


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        (500, "list 500 1500 ratio 0.333 goal 0.333 ok"),
        (499, "list 499 1500 ratio 0.333 goal 0.333 short"),
    ],
)
def test_a_measure_is_judged_by_its_share_of_the_floor(ours: float, said: str) -> None:
    assert str(Measure("list", ours, 1500, 1 / 3)) == said
