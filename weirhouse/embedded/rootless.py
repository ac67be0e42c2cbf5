# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL refuses to run as root: give it a user of its own, and nothing that it does not need.

Run by root, the server becomes `embedded_postgres` (made once, a system user without a shell). Where a folder above the
binaries or the data is closed to others (a home folder with mode 0700), it keeps one capability to pass through,
instead of us opening somebody's home. Run by anybody else nothing of this happens.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from weirhouse.embedded.errors import EmbeddedError

_USER = "embedded_postgres"

# Bits of CapPrm in /proc/self/status (linux/capability.h). Reading through closed folders is enough; containers often
# have only the stronger one.
_CAPABILITIES = (("dac_read_search", 2), ("dac_override", 1))


def unprivileged(argv: list[str], paths: Sequence[Path]) -> list[str]:
    """Return `argv` such that it does not run as root and reaches `paths`.

    Raises
    ------
    EmbeddedError
        We are root and cannot become somebody else.
    """
    if os.geteuid() != 0:
        return argv
    setpriv = shutil.which("setpriv")
    if not sys.platform.startswith("linux") or setpriv is None:
        raise EmbeddedError("no-setpriv")
    user = _user()
    prefix = [setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    if not all(_open_to_others(path) for path in paths):
        name = _capability()
        prefix += [f"--inh-caps=+{name}", f"--ambient-caps=+{name}"]
    return [*prefix, "--", *argv]


def give(*paths: Path) -> None:
    """Make the server's user the owner of `paths` when we are root."""
    if os.geteuid() == 0:
        user = _user()
        for path in paths:
            os.chown(path, user.pw_uid, user.pw_gid)


def _user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(_USER)
    except KeyError:
        pass
    try:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _USER],
            check=True,
            capture_output=True,
            timeout=30,
        )
        return pwd.getpwnam(_USER)
    except (OSError, KeyError, subprocess.SubprocessError):
        try:
            return pwd.getpwnam("nobody")
        except KeyError as error:
            raise EmbeddedError("no-user") from error


def _open_to_others(path: Path) -> bool:
    """Whether anybody may pass through every folder above `path`."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)


def _capability() -> str:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    ours = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapPrm:"))
    for name, bit in _CAPABILITIES:
        if ours & (1 << bit):
            return name
    raise EmbeddedError("no-way")
