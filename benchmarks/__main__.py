"""`make bench [ONLY=capability]`: what we promise about speed, as ratios to a floor measured in the same run.

Each `benchmarks/<capability>.py` with a function `measures()` yields measures, the floor taken just beside each.
Exits 1 when one is short of its goal.
"""

import pkgutil
import sys
from collections.abc import Iterator
from importlib import import_module

import benchmarks
from benchmarks.measure import Measure


def capabilities() -> list[str]:
    return sorted(
        module.name
        for module in pkgutil.iter_modules(benchmarks.__path__)
        if module.name not in {"__main__", "measure"}
    )


def measures(only: list[str]) -> Iterator[tuple[str, Measure]]:
    for name in only or capabilities():
        module = import_module(f"benchmarks.{name}")
        if hasattr(module, "measures"):
            for measure in module.measures():
                yield name, measure


def main(only: list[str]) -> int:
    unknown = sorted(set(only) - set(capabilities()))
    if unknown:
        print(
            f"no benchmark of {', '.join(unknown)}; there are: {', '.join(capabilities())}",
            file=sys.stderr,
        )
        return 2
    short = count = 0
    for name, measure in measures(only):
        print(f"{name}.{measure}", flush=True)
        count += 1
        short += not measure.ok
    if not count:
        print("no measures", file=sys.stderr)
        return 2
    return 1 if short else 0


raise SystemExit(main(sys.argv[1:]))
