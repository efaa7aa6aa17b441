"""What the tests of the house share: they print what is wrong with the tree, a line each."""

import sys
from collections.abc import Callable
from pathlib import Path


def main(self_test: Callable[[], None], problems: Callable[[Path], list[str]]) -> int:
    """Exit code 2: used wrongly; 1: the tree of the first argument has problems."""
    if len(sys.argv) != 2:
        print(f"usage: {Path(sys.argv[0]).name} SOURCE_ROOT", file=sys.stderr)
        return 2
    self_test()
    found = problems(Path(sys.argv[1]))
    for problem in found:
        print(problem)
    return 1 if found else 0
