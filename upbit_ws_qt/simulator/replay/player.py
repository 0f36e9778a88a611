"""Plays a recording in time: each frame at its moment, with pause, step and seek. asyncio."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from .clock import ReplayClock
from .playback import Playback
from .recording import Cue, Recording

__all__ = ["Player"]

_CUES_AT_ONCE = 64


# State: the playback and its clock; the loop, the task that plays and what wakes it, while it runs.
class Player:
    """Time stands still until :meth:`go`, in a pause, and after the last frame.

    Args:
        recording: what is played.
        speed: seconds of the recording in a second.
        perform: sends a frame, or does what a break asks for.
        flush: called after some of them.
    """

    def __init__(
        self,
        recording: Recording,
        speed: float,
        perform: Callable[[Cue], None],
        flush: Callable[[], None],
    ) -> None:
        self.playback = Playback(recording)
        self.clock = ReplayClock(speed)
        self._recording = recording
        self._perform = perform
        self._flush = flush
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    @property
    def position_s(self) -> float:
        """How much is played, in seconds since the first frame."""
        return min(self.clock.position_s(self._now()), self._recording.duration_s)

    def start(self) -> None:
        """Begin, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._play(), name="replay")

    async def close(self) -> None:
        """End the task."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def go(self) -> None:
        """Somebody is there."""
        self.clock.wait(self._now(), waiting=False)
        self._changed.set()

    def wait(self, at_s: float) -> None:
        """Stand still at ``at_s`` until :meth:`go`."""
        now = self._now()
        self.clock.wait(now, waiting=True)
        self.clock.jump(at_s, now)
        self._changed.set()

    def pause(self, *, paused: bool) -> None:
        """Stand still, or do not."""
        self.clock.pause(self._now(), paused=paused)
        self._changed.set()

    def set_speed(self, speed: float) -> None:
        """Go on at another speed.

        Raises:
            InvalidRequest: it is not above 0.
        """
        self.clock.set_speed(speed, self._now())
        self._changed.set()

    def step(self) -> Cue | None:
        """Play what comes next, whenever that is due; None after the last one."""
        if self.playback.next_at_s is None:
            return None
        cue = self.playback.step()
        self.clock.jump(cue.at_s, self._now())
        self._perform(cue)
        self._flush()
        return cue

    def seek(self, position_s: float) -> None:
        """Stand before the first cue at or after ``position_s``; what is skipped is not sent."""
        if position_s <= self.position_s:
            self.playback = Playback(self._recording)
        while (at_s := self.playback.next_at_s) is not None and at_s < position_s:
            self.playback.step()
        self.clock.jump(position_s, self._now())
        self._changed.set()

    def _now(self) -> float:
        return 0.0 if self._loop is None else self._loop.time()

    async def _play(self) -> None:
        while True:
            at_s = self.playback.next_at_s
            delay_s = None if at_s is None else self.clock.delay_s(at_s, self._now())
            if delay_s == 0.0:
                await self._catch_up()
                continue
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay_s):
                    await self._changed.wait()

    async def _catch_up(self) -> None:
        playback = self.playback
        for number, cue in enumerate(playback.advance(self.position_s), 1):
            self._perform(cue)
            if number % _CUES_AT_ONCE == 0:
                # A client may live on the same loop.
                self._flush()
                await asyncio.sleep(0)
            if self.clock.stands or playback is not self.playback:
                break
        self._flush()
