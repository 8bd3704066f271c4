"""`python -m adtrans`."""

import sys

from adtrans.cli import main

if __name__ == "__main__":
    sys.exit(main())
