"""What the operating system says about a process: CPU time and resident memory. Linux only; nothing is estimated."""

import os
import platform
import resource
from pathlib import Path

TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def cpu(pid: int) -> int:
    """User and system time of all its threads so far, in nanoseconds.

    The scheduler's own account where the kernel keeps it, else utime + stime of /proc/PID/stat, which count in ticks.
    """
    tasks = Path(f"/proc/{pid}/task")
    exact = sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir() if exists(task))
    return exact or ticks(pid) * TICK


def exists(task: Path) -> bool:
    return (task / "schedstat").is_file()


def ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def share_out(server: int, generator: int) -> None:
    """The server on one core, who loads it on the others. Where there is only one they share it."""
    first, *others = sorted(os.sched_getaffinity(0))
    for pid, cores in ((server, {first}), (generator, set(others) or {first})):
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), cores)


def resident(pid: int) -> int:
    """Bytes of memory that it really has."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def raise_file_limit() -> int:
    """Allow this process and its children as many open files as the system lets us; gives that number."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def machine() -> str:
    """Processor, number of cores, system: what a reader needs to place the figures. No names."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    kernel = ".".join(platform.release().split(".")[:2])
    return f"{model}, {os.cpu_count()} cores, Linux {kernel}"
