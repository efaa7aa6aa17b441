"""The one error that people are meant to read, and the exit codes of a program that may meet it."""

import sys
from collections.abc import Callable


class ExportError(Exception):
    """What is wrong with a step and what to do about it, in one sentence."""


def exit_code(export: Callable[[], None]) -> int:
    """Runs it: 0, or what went wrong on stderr and 3 (bad input) or 5 (output not written)."""
    try:
        export()
    except ExportError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 5
    return 0
