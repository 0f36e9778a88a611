"""How much memory this process has, and how that goes on."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from pathlib import Path

_STATM = Path("/proc/self/statm")

# Student's t, two-sided 95 %, for degrees of freedom up to; beyond, the normal's.
_T_95 = ((5, 2.571), (10, 2.228), (20, 2.086), (40, 2.021), (120, 1.980))


def resident_mb() -> float:
    """Resident memory in MB; 0 where the system does not say it in a file (not Linux)."""
    if not _STATM.exists():
        return 0.0
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def slope(x: Sequence[float], y: Sequence[float]) -> tuple[float, float, float]:
    """The slope of a line through points, and its 95 % interval."""
    line = statistics.linear_regression(x, y)
    mean = statistics.fmean(x)
    freedom = len(x) - 2
    rest = (
        sum((b - line.slope * a - line.intercept) ** 2 for a, b in zip(x, y, strict=True)) / freedom
    )
    error = (rest / sum((a - mean) ** 2 for a in x)) ** 0.5
    t = next((value for most, value in _T_95 if freedom <= most), 1.96)
    return line.slope, line.slope - t * error, line.slope + t * error
