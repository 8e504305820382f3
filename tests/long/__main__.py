"""The commands; each ends with 0 if what it looked at holds."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.long import vendors


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.long", description=__doc__)
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser("vendors", help="documents of other vendors")
    command.add_argument("folder", type=Path)
    command.add_argument("--count", type=int, default=50)
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--workers", type=int, default=2)
    command.set_defaults(run=lambda given: vendors.run(given.folder, given.count, given.seed, given.workers))

    given = parser.parse_args()
    return 0 if given.run(given) else 1


if __name__ == "__main__":
    sys.exit(main())
