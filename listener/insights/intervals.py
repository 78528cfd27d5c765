"""Confidence intervals. Pure."""

from __future__ import annotations

import math

#: Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom (NIST/SEMATECH e-Handbook, 1.3.6.7.2).
T_95 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
Z_95 = 1.959964


def t_95(freedom: int) -> float:
    """Return the two-sided 95 % quantile of Student's t.

    Beyond the table by the first terms of its expansion in the degrees of freedom (Abramowitz and Stegun, 26.7.5),
    which is right to 0.001 there.
    """
    if freedom <= len(T_95):
        return T_95[freedom - 1]
    z = Z_95
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def mean_interval(count: int, total: float, squares: float, independent: int) -> tuple[float, float] | None:
    """Return the 95 % interval of a mean from a number of values, their sum and the sum of their squares.

    `independent` is how many of the values are no copies of another one: forty copies of one story are one voice, so
    the width follows from it. None where fewer than two speak.
    """
    voices = min(count, independent)
    if voices < 2:
        return None
    mean = total / count
    variance = max(0.0, squares / count - mean * mean) * count / (count - 1)
    half = t_95(voices - 1) * math.sqrt(variance / voices)
    return mean - half, mean + half
