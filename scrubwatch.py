"""The entry of the command ``scrubwatch``; the commands themselves lie in ``commands/``."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

PACKAGES = ("commands", "configs", "features", "model", "scoring", "simulator", "training")
"""They stand beside this file; their names are common, so another distribution may stand in front of them."""


def _siblings_only() -> None:
    """Say so, and stop, when another distribution stands in front of a package of this one."""
    here = Path(__file__).resolve().parent
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        found = [Path(place).resolve() for place in (spec.submodule_search_locations or ())] if spec else []
        if found != [here / name]:
            place = ", ".join(map(str, found)) or "nowhere"
            print(
                f"scrubwatch: the package '{name}' must lie beside {here / 'scrubwatch.py'} and was found at {place};"
                " another distribution shadows it: install scrubwatch alone in its environment and unset PYTHONPATH",
                file=sys.stderr,
            )
            sys.exit(2)


def main() -> None:
    """Run a command; a failure with a message for people ends with its exit code and that message alone."""
    _siblings_only()
    from commands import command
    from features.errors import ScrubwatchError, machine_trouble

    try:
        command()
    except ScrubwatchError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    except Exception as error:
        told = machine_trouble(error)
        if told is None:
            raise
        print(told, file=sys.stderr)
        sys.exit(ScrubwatchError.exit_code)


if __name__ == "__main__":
    main()
