"""The program: options in, exit code out. No Qt before the options are understood."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from upbit_ws_qt.errors import UpbitError
from upbit_ws_qt.logs import KeyFilter

from .options import PROGRAM, CommandError, Options, parse

__all__ = ["main"]

_LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_WRONG_USE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the viewer; returns 0, or 2 after one line about what cannot be done."""
    try:
        options = parse(sys.argv[1:] if arguments is None else arguments)
        shown = logging.StreamHandler()
        shown.addFilter(KeyFilter())
        logging.basicConfig(level=options.log_level, format=_LOG_FORMAT, handlers=[shown])
        return _run(options)
    except (CommandError, UpbitError) as error:
        # One line, whatever was typed.
        print(f"{PROGRAM}: error: {' '.join(str(error).split())}", file=sys.stderr)  # noqa: T201
        return _WRONG_USE
    except SystemExit as leaving:
        # --help and --version, which argparse answers by itself.
        return leaving.code if isinstance(leaving.code, int) else 0
    except KeyboardInterrupt:
        return 130


def _run(options: Options) -> int:
    from .sources import source_of

    if options.screenshot is not None:
        _check_place(options.screenshot)
    source = source_of(options)
    try:
        _choose_platform(draws_a_picture=options.screenshot is not None)
        from upbit_ws_qt.qt.program import run

        from .program import Program
    except ImportError as error:
        raise _explained(error) from error
    return run(Program(options, source))


def _check_place(path: Path) -> None:
    """Refuse at once where no picture could be written in the end."""
    folder = path.parent
    if path.is_dir():
        raise CommandError(f"the picture cannot be written to {path}: it is a folder")
    if not folder.is_dir():
        raise CommandError(f"the picture cannot be written to {path}: there is no folder {folder}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise CommandError(f"the picture cannot be written to {path}: that is not allowed")


def _choose_platform(*, draws_a_picture: bool) -> None:
    """A picture needs no display; a window does, and Qt would end the process without one."""
    from upbit_ws_qt.qt.display import display_problem

    problem = display_problem()
    if problem is None:
        return
    if not draws_a_picture:
        raise CommandError(
            f"{problem}; a picture needs no display: {PROGRAM} --screenshot FILE --after SECONDS"
        )
    os.environ["QT_QPA_PLATFORM"] = "offscreen"


def _explained(error: ImportError) -> Exception:
    """Qt's wheels lack some libraries of the system."""
    library, found, _ = str(error).partition(": cannot open shared object file")
    if not found:
        return error
    return CommandError(
        f"Qt cannot be loaded because {library} is missing; on Debian and Ubuntu "
        "`make deps` installs what Qt needs"
    )


if __name__ == "__main__":
    sys.exit(main())
