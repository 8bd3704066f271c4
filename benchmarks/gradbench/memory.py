"""The peak memory of a stretch of a program, where Linux says so."""

from pathlib import Path

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")


def start():
    """Bytes in use, from which `peak` counts on; None where they are not known."""
    try:
        CLEAR.write_text("5")  # forgets the peak
        return _bytes("VmRSS")
    except OSError:
        return None


def peak(before):
    """The most bytes in use since then, beyond those in use then."""
    return None if before is None else max(0, _bytes("VmHWM") - before)


def _bytes(field):
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return 1024 * int(line.split()[1])
