"""`python -m sandbox [options] [-- COMMAND ...]`: see README.md."""

from __future__ import annotations

import sys

from .launcher import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
