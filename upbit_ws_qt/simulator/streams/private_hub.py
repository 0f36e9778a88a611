"""Who hears of the account: the private streams and who listens to them. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable

from upbit_ws_qt.simulator.account.orders import AssetReport, OrderReport
from upbit_ws_qt.simulator.noise import Noise

from .account_frames import Announcement, announcement_frame, asset_frame, order_frame
from .hub import Listener
from .packet import Packet
from .request import Wish

__all__ = ["PrivateHub"]


# State: the wishes of each listener, in the order they came, from when balances are sent, and the
# number of announcements.
class PrivateHub:
    """Turns what happens to the account into frames for those who asked.

    Nothing is sent when a subscription begins: these streams have no snapshots.

    Args:
        seed: the account's identifier in ``myAsset`` frames follows from it.
        first_asset_delay_ms: for so long after the first subscription to ``myAsset`` ever,
            changes of balances are not sent to anybody.
    """

    def __init__(self, seed: int, first_asset_delay_ms: int) -> None:
        high, low = (Noise(seed, "account", part).key for part in ("high", "low"))
        self._asset_uuid = str(uuid.UUID(int=high << 64 | low, version=4))
        self._first_asset_delay_ms = first_asset_delay_ms
        self._wishes: dict[Listener, tuple[Wish, ...]] = {}
        self._assets_from_ms: int | None = None
        self._announcements = 0

    def replace(self, listener: Listener, wishes: Iterable[Wish], now_ms: int) -> None:
        """End the listener's streams and begin those of ``wishes``.

        Unknown codes are passed over in silence: nothing ever happens in them.
        """
        self._wishes[listener] = tuple(wishes)
        wants_assets = any(wish.type == "myAsset" for wish in self._wishes[listener])
        if wants_assets and self._assets_from_ms is None:
            self._assets_from_ms = now_ms + self._first_asset_delay_ms

    def remove(self, listener: Listener) -> None:
        """End all streams of a listener."""
        self._wishes.pop(listener, None)

    def report(self, report: OrderReport | AssetReport) -> None:
        """Send what somebody asked for of what has happened to the account."""
        if isinstance(report, OrderReport):
            code = report.order.code
            # Without codes all markets are meant. Source: docs.upbit.com, websocket-myorder.
            self._send(
                lambda wish: wish.type == "myOrder" and (not wish.codes or code in wish.codes),
                lambda _wish, simple: order_frame(report, simple=simple),
            )
        elif self._assets_from_ms is not None and report.time_ms >= self._assets_from_ms:
            self._send(
                lambda wish: wish.type == "myAsset",
                lambda _wish, simple: asset_frame(report, self._asset_uuid, simple=simple),
            )

    def announce(self, title: str, body: str, category: str, now_ms: int) -> None:
        """Send a new announcement to those who asked for its category."""
        self._announcements += 1
        notice = Announcement(self._announcements, category, title, body, now_ms)
        self._send(
            lambda wish: (
                wish.type == "announcement"
                and (not wish.categories or notice.category in wish.categories)
            ),
            lambda wish, simple: announcement_frame(
                notice, with_body=wish.include_body, simple=simple
            ),
        )

    def _send(self, matches: Callable[[Wish], bool], write: Callable[[Wish, bool], bytes]) -> None:
        """Write the frame for everyone with a wish that matches; ``write`` is told the form."""
        for listener, wishes in self._wishes.items():
            wish = next(filter(matches, wishes), None)
            if wish is not None:
                payload = write(wish, listener.format.startswith("SIMPLE"))
                if listener.format.endswith("LIST"):
                    payload = b"[" + payload + b"]"
                listener.push(Packet(payload))
