"""`python -m server.process MODULE [arguments]`: one of our programs, which Ctrl-C ends without a traceback also while its
modules are still being imported; that takes a second or two.
"""

from __future__ import annotations

import runpy
import sys

if __name__ == "__main__":
    try:
        runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
    except KeyboardInterrupt:
        sys.exit(130)
