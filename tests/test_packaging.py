"""What is shipped: the pins, the wheel, and the viewer in an empty environment. Tests only."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("upbit_ws_qt", "upbit_ws_qt_app", "upbit_ws_qt_resources", "upbit_ws_qt_widgets")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

COUNT_COLOURS = """
import sys
from PyQt6.QtGui import QImage
image = QImage(sys.argv[1])
assert not image.isNull(), "not a picture"
colours = {
    image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)
}
print(image.width(), image.height(), len(colours))
"""

WHERE = """
import importlib, json, sys
print(json.dumps({name: importlib.import_module(name).__file__ for name in sys.argv[1:]}))
"""


def _pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!+-]+)", line) for line in lines]
    assert all(pairs), [line for line, pair in zip(lines, pairs, strict=True) if not pair]
    return {canonicalize_name(pair[1]): pair[2] for pair in pairs if pair}


def _requirements() -> Iterator[Requirement]:
    groups: dict[str, list[Any]] = PROJECT["dependency-groups"]
    texts = [
        *PROJECT["build-system"]["requires"],
        *PROJECT["project"]["dependencies"],
        *(text for group in groups.values() for text in group if isinstance(text, str)),
    ]
    yield from map(Requirement, texts)


def test_every_dependency_is_bounded_and_pinned() -> None:
    """Each requirement has a lower bound, and a pin that it allows; pins name no index."""
    pins = _pins()
    for requirement in _requirements():
        assert any(bound.operator == ">=" for bound in requirement.specifier), requirement
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), (
            requirement
        )


def test_runtime_dependencies_have_an_upper_bound() -> None:
    """A new major version of a library reaches nobody before the tests ran on it."""
    for requirement in map(Requirement, PROJECT["project"]["dependencies"]):
        assert any(bound.operator == "<" for bound in requirement.specifier), requirement


class Installation:
    """The wheel in an environment of its own, away from the sources.

    State: none after construction; everything lies under ``folder``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dist = folder / "dist"
        self.bin = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "COV", "VIRTUAL_ENV", "UPBIT"))
        }

    def build(self) -> Path:
        """Make the source archive and, from it alone, the wheel."""
        self._check(sys.executable, "-m", "build", "--no-isolation", "--outdir", self.dist, ROOT)
        [wheel] = self.dist.glob("*.whl")
        return wheel

    def install(self, wheel: Path) -> None:
        venv.create(self.folder / "venv", with_pip=True)
        pins = ROOT / "constraints.txt"
        self.python("-m", "pip", "--no-input", "install", "-q", "-c", pins, wheel)

    def python(self, *arguments: str | Path) -> str:
        return self._check(self.bin / "python", *arguments)

    def viewer(self, *arguments: str | Path) -> str:
        """Run it as a user who never ran it before."""
        home = str(self.folder / "home")
        homes = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "XDG_CONFIG_HOME"), home)
        return self._check(
            self.bin / "upbit-ws-qt", *arguments, QT_QPA_PLATFORM="offscreen", **homes
        )

    def _check(self, *command: str | Path, **environment: str) -> str:
        done = subprocess.run(
            list(map(str, command)),
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built through the source archive."""
    return Installation(tmp_path_factory.mktemp("build")).build()


@pytest.fixture(scope="module")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An empty environment with nothing but the wheel and what it asks for."""
    installation = Installation(tmp_path_factory.mktemp("elsewhere"))
    installation.install(wheel)
    return installation


@pytest.mark.packaging
def test_wheel_holds_four_typed_packages_and_nothing_else(wheel: Path) -> None:
    """Four uniquely named packages, each with its mark for type checkers, and the licence."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    [metadata] = [top for top in tops if top.endswith(".dist-info")]
    assert tops - {metadata} == set(PACKAGES)
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert f"{metadata}/licenses/LICENSE" in names
    shipped = {name for name in names if not name.startswith(metadata)}
    assert shipped == set(_sources())


def _sources() -> Iterator[str]:
    for folder in ("", "app", "widgets", "resources"):
        base = ROOT / folder
        for package in PACKAGES:
            for path in (base / package).rglob("*"):
                if path.is_file() and "__pycache__" not in path.parts:
                    yield path.relative_to(base).as_posix()


@pytest.mark.packaging
def test_installed_away_from_the_sources(installation: Installation) -> None:
    """The environment imports the wheel's files, not this checkout's."""
    files = json.loads(installation.python("-c", WHERE, *PACKAGES))
    places = {Path(file).resolve() for file in files.values()}
    assert all(place.is_relative_to(installation.folder.resolve()) for place in places)


@pytest.mark.packaging
def test_version_is_the_same_everywhere(installation: Installation) -> None:
    """The command, the module and the project agree."""
    version = PROJECT["project"]["version"]
    assert version in installation.viewer("--version").split()
    assert installation.viewer("--version") == installation.python(
        "-m", "upbit_ws_qt_app", "--version"
    )


@pytest.mark.packaging
def test_demo_draws_without_a_screen(installation: Installation) -> None:
    """``upbit-ws-qt --demo --screenshot`` leaves a picture with something on it."""
    picture = installation.folder / "demo.png"
    installation.viewer("--demo", "--screenshot", picture, "--after", "3")
    width, height, colours = map(int, installation.python("-c", COUNT_COLOURS, picture).split())
    assert width >= 640
    assert height >= 400
    # A blank or merely framed window has a handful.
    assert colours > 60
