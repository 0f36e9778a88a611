"""Chance that can be asked again: random numbers as a function of seed, name and place. Pure.

Nothing here remembers a position. The same seed, name and index give the same numbers whenever,
and in whatever order, they are asked for; that is what lets the market have a past that is not
stored and that no caller can disturb.
"""

from __future__ import annotations

import hashlib
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "Ints", "Noise", "Wander"]

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

# The constants of splitmix64, a well-known integer mixer.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = (np.uint64(shift) for shift in (30, 27, 31, 11))
_MASK_64 = (1 << 64) - 1


# State: none; `key` is 64 bits made from the seed and the names.
class Noise:
    """One named source of random numbers, indexed by integers."""

    __slots__ = ("_offset", "key")

    def __init__(self, seed: int, *names: str) -> None:
        text = "\0".join((str(seed), *names)).encode()
        self.key = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")
        self._offset = np.uint64(self.key)

    def uniform(self, index: Ints) -> Floats:
        """A number in [0, 1) for each index."""
        return _uniform(index, self._offset)

    def signed(self, index: Ints) -> Floats:
        """A number with mean 0 and variance 1 for each index, at most 1.73 from 0."""
        return (self.uniform(index) - 0.5) * 3.4641016151377544

    def smooth(self, index: Ints, scale: int) -> Floats:
        """Like :meth:`signed`, but changing slowly: straight lines between every ``scale``."""
        cell = index // scale
        fraction = (index - cell * scale) / scale
        return self.signed(cell) * (1.0 - fraction) + self.signed(cell + 1) * fraction

    def one(self, index: int) -> float:
        """A number in [0, 1) for one index."""
        x = ((index & _MASK_64) * 0x9E3779B97F4A7C15 + self.key) & _MASK_64
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK_64
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK_64
        x ^= x >> 31
        return (x >> 11) * (1.0 / (1 << 53))

    def generator(self, index: int) -> np.random.Generator:
        """A generator for everything that happens in the place ``index``."""
        # Philox takes its key as it is, which is half the cost of seeding another generator.
        key = np.array([self.key, index & _MASK_64], dtype=np.uint64)
        return np.random.Generator(np.random.Philox(key=key))


# State: none.
class Wander:
    """A random walk over whole numbers that can be read anywhere and never runs away.

    It is the sum of ``octaves`` smooth noises, each twice as slow as the one before and stronger
    by the root of two; a step has a deviation of about 2.
    """

    def __init__(self, seed: int, *names: str, octaves: int) -> None:
        keys = [Noise(seed, *names, str(octave)).key for octave in range(octaves)]
        self._offsets = np.array(keys, dtype=np.uint64)[:, None]
        self._scales = (1 << np.arange(octaves, dtype=np.int64))[:, None]
        self._strengths = 2.0 ** (np.arange(octaves) / 2)

    def at(self, index: Ints) -> Floats:
        """The walk at each index."""
        cell = index[None, :] // self._scales
        fraction = (index[None, :] - cell * self._scales) / self._scales
        here, there = _uniform(cell, self._offsets), _uniform(cell + 1, self._offsets)
        smooth = (here + (there - here) * fraction - 0.5) * 3.4641016151377544
        return np.asarray(self._strengths @ smooth)


def _uniform(index: Ints, offset: np.uint64 | NDArray[np.uint64]) -> Floats:
    x = index.astype(np.uint64) * _GOLDEN + offset
    x = (x ^ (x >> _S30)) * _MIX_1
    x = (x ^ (x >> _S27)) * _MIX_2
    x ^= x >> _S31
    return (x >> _S11).astype(np.float64) * (1.0 / (1 << 53))
