"""The program hcb-export-fx: says what to install where torch is not there."""

import importlib.util
import sys


def main() -> int:
    """What hcb_tools.export_fx does, or exit code 3."""
    if importlib.util.find_spec("torch") is None:
        print("hcb-export-fx: error: torch is not installed", file=sys.stderr)
        print("help: pip install 'hcb[torch]'", file=sys.stderr)
        return 3
    from .export_fx import main as export  # torch is imported there

    return export()


if __name__ == "__main__":
    sys.exit(main())
