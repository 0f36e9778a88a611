"""Colours as colour-blind people see them, and how far apart they are then. Tests only."""

from __future__ import annotations

import math

from PyQt6.QtGui import QColor

# Severity 1.0 of G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based Model
# for Simulation of Color Vision Deficiency", IEEE TVCG 15 (2009); for linear sRGB.
SIGHTS = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: QColor) -> tuple[float, ...]:
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    return tuple(x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)


def lab(light: tuple[float, ...]) -> tuple[float, float, float]:
    """CIE L*a*b* of linear sRGB, for D65."""
    red, green, blue = (min(max(part, 0.0), 1.0) for part in light)
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    a, b, c = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * b - 16, 500 * (a - b), 200 * (b - c)


def distance(one: QColor, other: QColor, sight: str | None = None) -> float:
    """CIE76 between two colours as somebody with this sight sees them; 2.3 is just noticed."""

    def seen(colour: QColor) -> tuple[float, float, float]:
        light = linear(colour)
        if sight is None:
            return lab(light)
        rows = SIGHTS[sight]
        return lab(tuple(sum(f * part for f, part in zip(row, light, strict=True)) for row in rows))

    return math.dist(seen(one), seen(other))
