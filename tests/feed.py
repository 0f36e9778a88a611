"""The loop of a test under the name that this project's own tests give it. Tests only."""

from __future__ import annotations

from upbit_ws_qt.pytest_plugin.loop import UpbitLoop as Feed

__all__ = ["Feed"]
