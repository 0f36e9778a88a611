"""How long importing the product takes, beside importing what it needs."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from typing import Any

from benchmarks.feed.rig import Rig
from benchmarks.feed.table import Effort, Row, interleaved, median_of, median_ratio

_NEEDS = (
    "asyncio", "httpx", "jwt", "logging", "msgspec", "qasync", "ssl", "PyQt6.QtCore",
    "PyQt6.QtGui", "PyQt6.QtWidgets", "websockets.client",
    "websockets.extensions.permessage_deflate",
)  # fmt: skip
_UNWANTED = ("aiohttp", "keyring", "pyqtgraph", "psutil")

_IMPORTS = {
    # Qt first, and qasync's choice of it: as the product has it.
    "needs": f"os.environ['QT_API'] = 'pyqt6'; import {', '.join(_NEEDS)}",
    "bare": "import upbit_ws_qt",
    "all": "import upbit_ws_qt as p; [getattr(p, name) for name in p.__all__]",
}
_PROGRAM = """
import json, os, sys, time
began = time.perf_counter()
{imports}
took = time.perf_counter() - began
print(json.dumps([took, [name for name in {unwanted} if name in sys.modules]]))
"""


def imports(rig: Rig, effort: Effort) -> list[Row]:
    """``import upbit_ws_qt`` loads names when they are used, so all of them are used, too."""
    del rig
    runs = interleaved(2 * effort.rounds + 1, {name: partial(_imported, name) for name in _IMPORTS})
    unwanted = {name for run in (*runs["bare"], *runs["all"]) for name in run[1]}
    rows = [
        Row(
            f"import_{name}",
            what,
            f"{1000 * median_of(runs[name], _seconds):.0f} ms",
            f"{1000 * median_of(runs['needs'], _seconds):.0f} ms",
            median_ratio(runs[name], runs["needs"], _seconds),
            most=1.7,
        )
        for name, what in (
            ("bare", "import upbit_ws_qt, against the imports of what it needs"),
            ("all", "  and use every public name"),
        )
    ]
    rows.append(
        Row(
            "import_unwanted",
            f"  of {', '.join(_UNWANTED)}: imported by then",
            ", ".join(sorted(unwanted)) or "none",
            "",
            len(unwanted),
            "of them",
            most=0,
        )
    )
    return rows


def _imported(name: str) -> tuple[float, list[str]]:
    program = _PROGRAM.format(imports=_IMPORTS[name], unwanted=_UNWANTED)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    took, unwanted = json.loads(done.stdout)
    return took, unwanted


def _seconds(run: tuple[float, Any]) -> float:
    return run[0]
