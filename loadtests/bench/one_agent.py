# SPDX-License-Identifier: Apache-2.0
"""The worker as it ships with one of its two agents: `python -m loadtests.bench.one_agent AGENT [uncounted]`.

Otherwise the other agent, fed by the first, shares the core and is measured with it. `uncounted` leaves out every
metric but the one that tells how far the worker is, to see what the others cost.
"""

from __future__ import annotations

import sys
from typing import Any

from streams import worker
from streams.app import AGENTS, HouseApp
from weirhouse.settings import Settings
from weirhouse.telemetry import catalogue
from weirhouse.telemetry.catalogue import Metric
from weirhouse.telemetry.metrics import Metrics


class Uncounted(Metrics):
    """Counts finished messages only."""

    def add(self, metric: Metric, amount: float = 1, *labels: str) -> None:
        """Count if it is the one."""
        if metric is catalogue.STREAM_MESSAGES:
            super().add(metric, amount, *labels)

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """Do nothing."""

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Do nothing."""


def adding(name: str) -> Any:
    """Return what gives the app the one agent."""

    def add_agents(app: HouseApp, settings: Settings, folder: Any, correlator: Any) -> None:
        body = {"fold": folder, "correlate": correlator}[name]

        async def agent(stream: Any) -> None:
            await body.run(stream)

        app.agent(app.topic(*(each.full(settings.namespace) for each in AGENTS[name])), name=name)(agent)

    return add_agents


def main(name: str, *options: str) -> int:
    """Run the worker; return its exit code."""
    vars(worker)["add_agents"] = adding(name)
    if "uncounted" in options:
        vars(worker)["Metrics"] = Uncounted
    return worker.main()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
