"""CPU time of a tree of processes, from /proc: user and system, children that ended included."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_ms(root: int) -> float:
    """Milliseconds that the process `root` and everything below it have used so far."""
    return sum(own_cpu_ms(pid) for pid in tree(root))


def tree(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting.extend(children.get(pid, ()))
    return found


def own_cpu_ms(pid: int) -> float:
    fields = stat(pid)
    # utime, stime, cutime, cstime (proc(5)); a process that is gone counts in its parent's last two.
    return sum(int(value) for value in fields[11:15]) * 1000 / TICKS if fields else 0.0


def resident_mib(root: int) -> float:
    """Resident memory of the tree; shared pages count in each process."""
    pages = 0
    for pid in tree(root):
        try:
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the state on, or nothing when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
