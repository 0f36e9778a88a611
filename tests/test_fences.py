"""The third fence: each module, alone in a fresh interpreter, brings in only what its layer may.

The first fence is ruff's banned imports, the second the contracts of import-linter. Tests only.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "upbit_ws_qt"
MODELS = ROOT / "widgets/upbit_ws_qt_widgets/models"
SOURCES = [str(ROOT / folder) for folder in (".", "app", "widgets", "resources")]

QT = {"PyQt6", "pyqtgraph", "qasync"}
NETWORK = {"aiohttp", "httpx", "websockets"}
HEAVY = {"keyring", "psutil"}

PROBE = """
import importlib, json, sys
sys.path[:0] = json.loads(sys.argv[1])
before = set(sys.modules)
importlib.import_module(sys.argv[2])
print(json.dumps(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
"""

# Not part of the pure core although they lie beside it.
NOT_PURE = {"__init__", "__main__", "pytest_plugin"}


def _modules(folder: Path, package: str) -> Iterator[str]:
    """Every module under ``folder`` by its dotted name, packages by their own."""
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        yield ".".join([package, *parts]).removesuffix(".__init__")


def _pure_core() -> list[str]:
    stems = sorted(path.stem for path in CORE.glob("*.py"))
    return [f"upbit_ws_qt.{stem}" for stem in stems if stem not in NOT_PURE]


def _allowances() -> dict[str, set[str]]:
    """What each fenced module must not bring in."""
    return {
        "upbit_ws_qt": QT | NETWORK | HEAVY,
        **dict.fromkeys(_pure_core(), QT | NETWORK | HEAVY | {"asyncio", "numpy"}),
        **dict.fromkeys(
            _modules(MODELS, "upbit_ws_qt_widgets.models"), QT | NETWORK | HEAVY | {"asyncio"}
        ),
        **dict.fromkeys(_modules(CORE / "net", "upbit_ws_qt.net"), QT),
        **dict.fromkeys(_modules(CORE / "system", "upbit_ws_qt.system"), QT | NETWORK | HEAVY),
        **dict.fromkeys(
            _modules(CORE / "simulator", "upbit_ws_qt.simulator"), QT | {"httpx", "websockets"}
        ),
        "upbit_ws_qt_resources": QT | NETWORK | HEAVY | {"asyncio"},
        "upbit_ws_qt_widgets": {"qasync"} | NETWORK | HEAVY,
    }


FORBIDDEN = _allowances()


def _imported_by(module: str) -> set[str]:
    """The top-level names that importing ``module`` adds to a fresh interpreter."""
    # A measured interpreter would have much of it imported before the probe looks.
    environment = {name: text for name, text in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(SOURCES), module],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{module} cannot be imported alone:\n{done.stderr}"
    return set(json.loads(done.stdout))


@pytest.fixture(scope="module")
def imported() -> Iterator[dict[str, Any]]:
    """All modules at once: an interpreter each, a few at a time."""
    with ThreadPoolExecutor(max_workers=4) as interpreters:
        yield {module: interpreters.submit(_imported_by, module) for module in FORBIDDEN}


@pytest.mark.parametrize("module", FORBIDDEN)
def test_module_brings_in_only_what_its_layer_may(module: str, imported: dict[str, Any]) -> None:
    """Importing it alone loads nothing of a layer above it."""
    assert imported[module].result() & FORBIDDEN[module] == set()


def test_probe_sees_what_is_imported() -> None:
    """The probe reports a forbidden import where there is one."""
    assert _imported_by("asyncio") >= {"asyncio", "socket"}
    assert "PyQt6" in _imported_by("PyQt6.QtCore")


def test_import_linter_lists_every_pure_module() -> None:
    """A new pure module is listed under ``[tool.importlinter]``: in the layers and in the fence."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    [pure] = [c for c in contracts if c["name"].startswith("the pure core")]
    assert pure["source_modules"] == _pure_core()
    [layers] = [c for c in contracts if c["name"] == "imports point one way"]
    layered = {module for layer in layers["layers"] for module in layer.split(" : ")}
    assert layered >= set(_pure_core())


def _says_pure(path: Path) -> bool:
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return doc.partition("\n")[0].endswith("Pure.")


PURE_FILES = [
    *(path for path in sorted(CORE.glob("*.py")) if path.stem not in NOT_PURE),
    *sorted(MODELS.rglob("*.py")),
    *(path for path in sorted((CORE / "simulator").rglob("*.py")) if _says_pure(path)),
]


@pytest.mark.parametrize("path", PURE_FILES, ids=lambda path: path.stem)
def test_pure_module_never_asks_for_the_time(path: Path) -> None:
    """``now`` is an argument: nothing pure calls a clock by any name."""
    clocks = {"now", "utcnow", "today", "monotonic", "perf_counter", "time_ns"}
    calls = [
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    assert clocks.isdisjoint(calls), f"{path.name} calls {sorted(clocks & set(calls))}"
