"""Branch coverage of each pure module by its own test file alone. A command: `make own-cov`.

    python -m tests.own_coverage              every pure module of the core and of the widgets
    python -m tests.own_coverage rest bars    some of them

`make cov` counts what any test has run, so a module may look proven by tests of something else.
Here the lines of `NAME.py` count only while `tests/unit/test_NAME.py` is collected or runs. All
files share one run of pytest: coverage keeps apart which file was at work, as its *context*.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import sys
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).resolve().parents[1]

#: Source roots, their packages of pure modules, where in them, and what there is none.
_CORE = (".", "upbit_ws_qt", "*.py", {"__init__", "__main__"})
_MODELS = ("widgets", "upbit_ws_qt_widgets/models", "**/*.py", {"__init__"})


@dataclass(frozen=True, slots=True)
class Module:
    """A pure module and the test file that has to prove it."""

    name: str
    path: Path
    test: Path

    @property
    def short(self) -> str:
        """What the command line calls it."""
        return self.test.stem.removeprefix("test_")


@dataclass(frozen=True, slots=True)
class Row:
    """What the own test file left out; branches as ``(from line, to line)``, negative: the end."""

    module: Module
    percent: float
    lines: list[int]
    branches: list[tuple[int, int]]

    @property
    def whole(self) -> bool:
        """Whether every line and branch was run."""
        return not self.lines and not self.branches

    def __str__(self) -> str:
        left_out = [*map(str, self.lines), *(f"{a}->{b}" for a, b in self.branches)]
        return f"{self.percent:6.2f} %  {self.module.name:<44}{', '.join(left_out)}".rstrip()


def pure_modules(root: Path) -> list[Module]:
    """The pure modules of a checkout, in the order of their names."""
    return [
        Module(
            ".".join([*package.split("/"), *parts]),
            path,
            # Of a package inside: tests/unit/test_PACKAGE_NAME.py.
            root / "tests/unit" / f"test_{'_'.join(parts)}.py",
        )
        for source, package, pattern, others in (_CORE, _MODELS)
        for path in sorted((root / source / package).glob(pattern))
        if path.stem not in others
        for parts in [path.relative_to(root / source / package).with_suffix("").parts]
    ]


class _OwnContexts:
    """A plugin of pytest: while a test file is at work, its name is the context."""

    def __init__(self, measured: coverage.Coverage, modules: list[Module]) -> None:
        self._measured = measured
        self._modules = modules

    def pytest_collection(self) -> None:
        # What importing alone runs is the same for every test file: here it counts for all.
        for module in self._modules:
            importlib.import_module(module.name)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        # Importing a test file runs code too: the arguments of its parametrizations.
        if isinstance(collector, pytest.Module):
            self._measured.switch_context(collector.path.stem)
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._measured.switch_context(item.path.stem)
        return (yield)


def measure(modules: list[Module], root: Path) -> tuple[int, list[Row]]:
    """Run the own test file of each module; pytest's exit code and a row for each module."""
    measured = coverage.Coverage(
        config_file=str(root / "pyproject.toml"),
        data_file=None,
        branch=True,
        source_pkgs=[],
        include=[str(module.path) for module in modules],
    )
    measured.set_option("run:patch", [])
    # The tracer by `sys.monitoring` reports a line once, whoever runs it: contexts need each time.
    measured.set_option("run:core", "ctrace")
    measured.start()
    code = pytest.main(
        [
            "-q",
            "--no-header",
            f"--rootdir={root}",
            # The same examples each time, or a rare branch is covered on some days only.
            "--hypothesis-seed=0",
            # Pure modules leave nothing behind, and looking for it takes longer than their tests.
            "--override-ini=upbit_leak_check=off",
            *(str(module.test) for module in modules),
        ],
        plugins=[_OwnContexts(measured, modules)],
    )
    measured.stop()
    return int(code), [_row(measured, module) for module in modules]


def _row(measured: coverage.Coverage, module: Module) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        own = f"^{re.escape(module.test.stem)}$"
        measured.json_report([str(module.path)], outfile=str(report), contexts=["^$", own])
        [found] = json.loads(report.read_text(encoding="utf-8"))["files"].values()
    return Row(
        module,
        found["summary"]["percent_covered"],
        found["missing_lines"],
        [tuple(branch) for branch in found["missing_branches"]],
    )


def prove(modules: list[Module], root: Path) -> int:
    """Run, and print each module that is not whole; 0 if all are and no test failed, else 1."""
    orphans = [module for module in modules if not module.test.is_file()]
    code, rows = measure([module for module in modules if module not in orphans], root)
    short = [row for row in rows if not row.whole]
    for row in short:
        print(row)
    for module in orphans:
        print(f"    none  {module.name:<44}there is no {module.test.relative_to(root).as_posix()}")
    whole = len(rows) - len(short)
    print(f"{whole} of {len(modules)} pure modules are whole by their own test file")
    return 1 if code or short or orphans else 0


def main() -> int:
    """Prove what the command line names, or everything."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.own_coverage",
        description="Branch coverage of each pure module by its own test file alone.",
    )
    parser.add_argument(
        "names", nargs="*", help="modules by the names of their test files, without test_; else all"
    )
    names = set(parser.parse_args().names)
    modules = [module for module in pure_modules(ROOT) if module.short in names or not names]
    unknown = names - {module.short for module in modules}
    if unknown:
        parser.error(f"no pure module is called {', '.join(sorted(unknown))}")
    return prove(modules, ROOT)


if __name__ == "__main__":
    sys.exit(main())
