# SPDX-License-Identifier: Apache-2.0
"""What this machine lacks, said before anything is downloaded. Standard library only; any Python 3 can run it.

`python3 deploy/preflight.py` prints what is missing and how to get it, or the size to come; exit code 1 when something
is missing.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys

OLDEST = (3, 11)
NEWEST = (3, 14)

# Measured with the locked requirements: wheels as downloaded, environment as installed (Node 24, Java 25 and PostgreSQL
# 18 are the large ones), Kafka's jars, the console's packages.
DOWNLOAD_MB = 400
INSTALLED_MB = 1400

# Environment, jars, console and the data of a first day.
DISK_MB = 3000

# Kafka 370 MB, PostgreSQL 300, worker, API and relay 400, and the storm's generator.
MEMORY_MB = 2000

# glibc 2.28: the oldest that the wheels of Java, Node and PostgreSQL are built for.
GLIBC = (2, 28)

# `make setup` leaves this file; nothing is downloaded any more once it is there.
READY = (".venv", "weirhouse.lock")

ARCHITECTURES = {"Linux": ("x86_64", "aarch64"), "Darwin": ("x86_64", "arm64")}


def version_problem(found: tuple[int, ...]) -> str | None:
    """A sentence when this Python is too old or too new."""
    if OLDEST <= found[:2] <= NEWEST:
        return None
    wanted = ".".join(map(str, OLDEST)) + " to " + ".".join(map(str, NEWEST))
    return (
        f"Python {found[0]}.{found[1]} is not supported: install Python {wanted}, then name it, for example"
        " `make setup PYTHON=python3.12`."
    )


def modules_problem(missing: list[str]) -> str | None:
    """A sentence when Python's own venv or pip is packaged apart and not there."""
    if not missing:
        return None
    return (
        f"Python lacks {' and '.join(missing)}: on Debian and Ubuntu `apt-get install python3-venv python3-pip`,"
        " elsewhere install a complete Python."
    )


def platform_problem(system: str, machine: str) -> str | None:
    """A sentence when no wheels exist for this system and processor."""
    if machine in ARCHITECTURES.get(system, ()):
        return None
    return (
        f"{system or 'this system'} on {machine or 'this processor'} has no ready-made Java, Node and PostgreSQL: use"
        " Linux (x86_64, aarch64) or macOS."
    )


def libc_problem(system: str, name: str, version: str) -> str | None:
    """A sentence when the C library is not glibc, or too old."""
    if system != "Linux":
        return None
    wanted = ".".join(map(str, GLIBC))
    if name != "glibc":
        return f"The C library is not glibc (musl has no ready-made Java): use a system with glibc {wanted} or newer."
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < GLIBC:
        return f"glibc {version} is too old: use a system with glibc {wanted} or newer."
    return None


def space_problem(what: str, found_mb: int | None, wanted_mb: int, advice: str) -> str | None:
    """A sentence when there is less than wanted; nothing when it cannot be told."""
    if found_mb is None or found_mb >= wanted_mb:
        return None
    return f"{what} {found_mb} MB where {wanted_mb} MB are needed: {advice}."


def missing_modules() -> list[str]:
    """Names of the modules that the environment is made with and that are not there."""
    return [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]


def memory_mb() -> int | None:
    """Memory that programs can still have, MiB; a container's limit counts."""
    found = []
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            found += [int(line.split()[1]) // 1024 for line in file if line.startswith("MemAvailable:")]
    except OSError:
        if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
            found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20)
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as file:
            limit = file.read().strip()
        if limit.isdigit():
            found.append(int(limit) // 2**20)
    except OSError:
        pass
    return min(found) if found else None


def disk_mb(folder: str) -> int:
    """Free space where `folder` lies or will lie, MiB."""
    while not os.path.exists(folder):
        folder = os.path.dirname(folder)
    return shutil.disk_usage(folder).free // 2**20


def problems(root: str) -> list[str]:
    """Every sentence that stands between this machine and `make setup`."""
    name, version = platform.libc_ver()
    found = [
        version_problem(sys.version_info[:2]),
        modules_problem(missing_modules()),
        platform_problem(platform.system(), platform.machine()),
        libc_problem(platform.system(), name, version),
        space_problem("Free memory is", memory_mb(), MEMORY_MB, "close programs or use a larger machine"),
    ]
    if not os.path.exists(os.path.join(root, *READY)):
        found.append(space_problem("Free disk is", disk_mb(root), DISK_MB, "free some or clone elsewhere"))
    if shutil.which("make") is None:
        found.append(
            "`make` is missing: on Debian and Ubuntu `apt-get install make`, on macOS `xcode-select --install`."
        )
    return [sentence for sentence in found if sentence]


def main() -> int:
    """Print what is missing, or what will be fetched; return the exit code."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    ready = os.path.exists(os.path.join(root, *READY))
    found = problems(root)
    for sentence in found:
        sys.stderr.write(f"preflight: {sentence}\n")
    if not found and not ready:
        sys.stdout.write(
            f"preflight: nothing is missing. To come, once: about {DOWNLOAD_MB} MB of downloads,"
            f" {INSTALLED_MB} MB on disk.\n"
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
