"""Volumes that add up: shares of a total whose value is fixed beforehand, exactly. Pure.

A candle is decided before the trades in it. Its trades must then have exactly its volume and its
traded value. Volumes are tilted towards the dear or the cheap trades until the value nearly fits;
a few units moved between three trades, one at the low, one a tick above it and one at the high,
make it exact.
"""

from __future__ import annotations

import numpy as np

from upbit_ws_qt.simulator.noise import Floats, Ints

__all__ = ["least_volume", "settle", "tilted"]


def tilted(weights: Floats, offsets: Floats, target: float) -> Floats:
    """Weights with sum 1 under which the mean of ``offsets`` is nearly ``target``.

    Every weight is multiplied by an exponential of its offset: the mildest change that does it.
    ``target`` must lie between the least and the greatest offset, which must differ.
    """
    low, high = float(offsets.min()), float(offsets.max())
    share: Floats = weights / weights.sum()
    x = (offsets - low) / (high - low)
    goal = (target - low) / (high - low)
    if not 0.0 < goal < 1.0:
        raise ValueError(f"the mean must lie between {low} and {high}; got {target}")
    tilt, least, most = 0.0, -700.0, 700.0
    for _ in range(60):
        exponent = tilt * x
        tilted_weights = weights * np.exp(exponent - exponent.max())
        share = tilted_weights / tilted_weights.sum()
        mean = float(share @ x)
        error = mean - goal
        if abs(error) < 1e-12:
            break
        # Newton's step, kept inside the bracket that is known to hold the answer.
        if error > 0:
            most = tilt
        else:
            least = tilt
        variance = float(share @ (x * x)) - mean * mean
        step = tilt - error / variance if variance > 1e-15 else most + 1.0
        tilt = step if least < step < most else (least + most) / 2
    return share


def least_volume(ticks: Ints, counts: Ints) -> Ints:
    """The least volume with which candles ``ticks`` high, of ``counts`` trades, can be settled."""
    least: Ints = 40 * (ticks + counts + 4)
    return least


def settle(offsets: Ints, weights: Floats, volume: int, value: int, tick: int) -> Ints:
    """Volumes of trades at ``offsets`` above their lowest price.

    Args:
        offsets: price of each trade above the lowest, multiples of ``tick``; one of them is 0 and,
            when the greatest is above ``tick``, one of them is ``tick``.
        weights: how large each trade would like to be.
        volume: the sum the volumes must have; at least :func:`least_volume`.
        value: the sum that offset times volume must have; a multiple of ``tick``.
        tick: the price step.

    Returns:
        Whole volumes, at least 1 each, that meet both sums exactly.
    """
    count = len(offsets)
    high = int(offsets.max())
    if high == 0:
        share = weights / weights.sum()
        volumes: Ints = np.floor(share * (volume - count)).astype(np.int64) + 1
        volumes[int(np.argmax(volumes))] += volume - int(volumes.sum())
        return volumes
    span = high // tick
    at_low = int(np.argmin(offsets))
    at_high = int(np.argmax(offsets))
    at_tick = int(np.argmax(offsets == tick)) if span > 1 else at_high
    fixed: Ints = np.ones(count, dtype=np.int64)
    # What the three may have to give up in the last step.
    for index in {at_low, at_high, at_tick}:
        fixed[index] += span + 2 * count + 4
    free = volume - int(fixed.sum())
    target = (value - int(fixed @ offsets)) / free
    share = tilted(weights, offsets.astype(np.float64), target)
    volumes = fixed + np.floor(share * free).astype(np.int64)
    short = volume - int(volumes.sum())
    missing = (value - int(volumes @ offsets)) // tick
    to_high, to_tick = divmod(missing, span)
    volumes[at_high] += to_high
    volumes[at_tick] += to_tick
    volumes[at_low] += short - to_high - to_tick
    return volumes
