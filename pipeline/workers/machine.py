"""The machine we run on -> its cores, its processor, and the memory this process has used."""

import os
import platform
import re
import sys
from pathlib import Path

try:
    from resource import RUSAGE_SELF, getrusage
except ImportError:  # Windows has no such module
    MEASURED = False
else:
    MEASURED = True

CPU_FEATURES = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8", "asimd", "sve")
CPU_INFO = Path("/proc/cpuinfo")


_SHARED = False  # whether this is one of several workers of a machine


def use_one_core() -> None:
    """Makes `core_count` 1 from now on: this process is one of several that share the machine."""
    global _SHARED
    _SHARED = True


def core_count() -> int:
    """Cores this process may use."""
    if _SHARED:
        return 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_model() -> str:
    """The processor's name for itself."""
    return _cpu_info("model name") or platform.processor() or platform.machine()


def cpu_features() -> list[str]:
    """Those of the instruction sets that matter here which the processor has; empty where it cannot be asked."""
    flags = set(_cpu_info("(?:flags|Features)").split())
    return [feature for feature in CPU_FEATURES if feature in flags]


def _cpu_info(key: str) -> str:
    match = re.search(rf"^{key}\s*:\s*(.+)$", CPU_INFO.read_text(), re.MULTILINE) if CPU_INFO.is_file() else None
    return match.group(1).strip() if match else ""


def peak_memory_mb() -> float | None:
    """The most resident memory this process has had so far, in MB; None on Windows, where it is not measured."""
    if not MEASURED:
        return None
    peak = getrusage(RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)
