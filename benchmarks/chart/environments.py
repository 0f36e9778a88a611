"""An environment for each peer: what they need of Qt and pyqtgraph excludes each other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
# What git ignores.
_BUILT = _ROOT / "build" / "bench-chart"
_LIMIT_S = 900


class CannotInstall(Exception):
    """A peer is not there and could not be installed, for example without a network."""


def pins_of(peer: str) -> Path:
    """The file with everything that a peer needs, one ``name==version`` a line."""
    return _HERE / "pins" / f"{peer}.txt"


def interpreter_of(peer: str) -> Path:
    """The Python that has the peer; installed the first time, and when its versions changed.

    Raises:
        CannotInstall: what pip said last.
    """
    place, pins = _BUILT / peer, pins_of(peer)
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = place / "installed.txt"
    if done.exists() and done.read_text() == pins.read_text() and python.exists():
        return python
    print(f"installing {peer} into {place}", file=sys.stderr)
    shutil.rmtree(place, ignore_errors=True)
    venv.create(place)
    # Nothing that is not pinned: a dependency that charts do not need may be very large.
    pip = (sys.executable, "-m", "pip", "--python", str(python))
    command = (*pip, "install", "--quiet", "--no-deps", "-r", str(pins))
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        raise CannotInstall(f"{peer}: pip took longer than {_LIMIT_S} s") from None
    if ran.returncode:
        said = ran.stderr.strip().splitlines() or [f"pip ended with {ran.returncode}"]
        raise CannotInstall(f"{peer}: {said[-1]}")
    done.write_text(pins.read_text())
    return python


def surroundings(python: Path) -> dict[str, str]:
    """The environment variables of a worker, the same for all but for the home of peers.

    A peer may write into its user's home; it is given another one.
    """
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    variables = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": path}
    if python.is_relative_to(_BUILT):
        home = _BUILT / "home"
        home.mkdir(exist_ok=True)
        variables |= {"HOME": str(home), "USERPROFILE": str(home)}
    return variables
