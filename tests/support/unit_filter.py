"""What a unit of systemd lets its service call, as the seccomp profile of a container.

No systemd runs where these tests run. The kernel's filter is the same for both.
"""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_WRITE_EXECUTE, _EXECUTE = 0x2 | 0x4, 0x4
_PROTECTION = 2  # the argument of mmap and mprotect


def seccomp_profile(unit: Path) -> dict[str, Any]:
    """SystemCallFilter= and MemoryDenyWriteExecute= of a unit; everything else is EPERM."""
    allowed = set(_allowed(unit.read_text()))
    rules = [{"names": sorted(allowed), "action": "SCMP_ACT_ALLOW"}]
    if re.search(r"^MemoryDenyWriteExecute=yes$", unit.read_text(), re.MULTILINE):
        guarded = {"mmap", "mprotect", "pkey_mprotect"}
        rules[0]["names"] = sorted(allowed - guarded)
        rules += [_where("mmap", _WRITE_EXECUTE, found) for found in (0, 0x2, 0x4)]
        rules += [_where(name, _EXECUTE, 0) for name in sorted(guarded - {"mmap"})]
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 1,
        "architectures": [f"SCMP_ARCH_{platform.machine().upper()}"],
        "syscalls": rules,
    }


def _where(name: str, mask: int, found: int) -> dict[str, Any]:
    argument = {
        "index": _PROTECTION, "value": mask, "valueTwo": found, "op": "SCMP_CMP_MASKED_EQ",
    }  # fmt: skip
    return {"names": [name], "action": "SCMP_ACT_ALLOW", "args": [argument]}


def _allowed(unit: str) -> set[str]:
    found: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit, re.MULTILINE):
        named = {call for word in line.lstrip("~").split() for call in _calls(word)}
        found = found - named if line.startswith("~") else found | named
    return found


def _calls(word: str) -> Iterator[str]:
    """The calls of a group, with those of the groups in it."""
    if not word.startswith("@"):
        yield word
        return
    command = ["systemd-analyze", "syscall-filter", "--no-pager", word]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    for line in said.splitlines()[1:]:
        if line.strip() and not line.strip().startswith("#"):
            yield from _calls(line.strip())
