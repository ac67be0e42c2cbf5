# SPDX-License-Identifier: Apache-2.0
"""Care for the processes of a house: each is started again by itself, none waits for another, none ends the house."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from weirhouse.embedded.errors import EmbeddedError, Sentence
from weirhouse.embedded.processes import Probe, Process

STOPPED: Final = 3
"""Exit code of a process that stopped by itself with one sentence: somebody has to do something first."""

FIRST_PAUSE_S: Final = 0.2
"""Before the first new start; doubled with each further death in a row."""
LONGEST_PAUSE_S: Final = 60.0
STOPPED_PAUSE_S: Final = 10.0
"""What somebody did (`weirhouse reseed`) is noticed within this."""
GIVE_UP_AFTER: Final = 5
"""Deaths in a row after which a process is said to be given up; it is still tried, once a minute."""
STEADY_S: Final = 60.0
"""After so long a life the next death counts as the first."""

ASK_EVERY_S: Final = 5.0
SILENT_AFTER: Final = 6
"""Failed answers in a row, half a minute: what Kubernetes is told to wait (k8s/base), and a loaded machine may need."""


@dataclass
class _Case:
    """What is known of one process; times are monotonic seconds."""

    deaths: int = 0
    down: bool = False
    again_at: float = 0.0
    since: float = 0.0
    ready: bool = True
    told: str = ""
    ask_at: float = 0.0
    asked: Future[bool] | None = None
    failed: int = 0
    killed_at: float | None = None

    def begin(self, now: float) -> None:
        """It was started."""
        self.down, self.ready, self.since = False, False, now
        self.ask_at, self.asked, self.failed, self.killed_at = now, None, 0, None


class Care:
    """Looks after processes; use it as a context manager. `look` never waits for any of them.

    Parameters
    ----------
    processes
        By name, in the order in which they are looked after: stores first.
    say
        Told what befell a process.
    """

    def __init__(self, processes: Mapping[str, Process], say: Callable[[Sentence], None]) -> None:
        self._processes = processes
        self._say = say
        self._cases: dict[str, _Case] = {}
        self._asking = ThreadPoolExecutor(8, thread_name_prefix="care")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._asking.shutdown(wait=False, cancel_futures=True)

    def look(self, now: float) -> None:
        """Look at each process once.

        Parameters
        ----------
        now
            Monotonic seconds.

        Raises
        ------
        EmbeddedError
            Every process that should run is down and was given up.
        """
        for process in list(self._processes.values()):
            case = self._cases.setdefault(process.name, _Case(since=now, ask_at=now + ASK_EVERY_S))
            if not process.expected:  # ended by whoever holds the house
                self._cases[process.name] = _Case(since=now, ask_at=now + ASK_EVERY_S)
            elif process.pid is not None:
                self._see(process, case, now)
            elif not case.down:
                self._mourn(process, case, now)
            elif now >= case.again_at and process.program.restart:
                self._start(process, case, now)
        self._last_one()

    def _mourn(self, process: Process, case: _Case, now: float) -> None:
        """Count a death, say why, and set the time of the next start."""
        case.down = True
        case.deaths += 1
        if process.exit_code == STOPPED:
            pause, key = STOPPED_PAUSE_S, "stands"
        elif case.deaths > GIVE_UP_AFTER or not process.program.restart:
            pause, key = LONGEST_PAUSE_S, "given-up" if process.program.restart else "ended"
        else:
            pause, key = FIRST_PAUSE_S * 2.0 ** (case.deaths - 1), "starting-again"
        case.again_at = now + pause
        sentence = Sentence(key, **process.facts(), seconds=pause, times=case.deaths)
        told = f"{key} {process.last_words()}" if key in ("stands", "given-up") else ""
        if not told or told != case.told:  # the same sentence every ten seconds helps nobody
            self._say(sentence)
        case.told = told

    def _start(self, process: Process, case: _Case, now: float) -> None:
        try:
            process.start()
        except EmbeddedError as error:
            if error.sentence.key != case.told:
                self._say(error.sentence)
            case.told, case.again_at = error.sentence.key, now + STOPPED_PAUSE_S
            return
        case.begin(now)

    def _see(self, process: Process, case: _Case, now: float) -> None:
        """Ask a running process how it is; end one that does not get ready or no longer answers."""
        case.down = False
        program = process.program
        if case.killed_at is not None:
            if now > case.killed_at:
                process.force_end()
            return
        if case.ready and case.deaths and now - case.since > STEADY_S:
            case.deaths = 0
        if not case.ready and program.ready is None:
            self._welcome(process, case, now)
        late = not case.ready and now - case.since > program.ready_within_s
        if late and program.alive is not None:  # it may wait for the world: from now on its liveness decides
            case.ready, late = True, False
        probe = program.alive if case.ready else program.ready
        if probe is None:
            return
        answer = self._answer(case, probe, now)
        if answer is None:
            return
        case.failed = 0 if answer else case.failed + 1
        if answer and not case.ready:
            self._welcome(process, case, now)
        if late or (case.ready and case.failed >= SILENT_AFTER):
            silent = now - case.since if late else case.failed * ASK_EVERY_S
            self._say(Sentence("silent", name=process.name, seconds=silent))
            process.ask_to_end()
            case.killed_at = now + program.stop_within_s

    def _welcome(self, process: Process, case: _Case, now: float) -> None:
        case.ready, case.told, case.ask_at = True, "", now + ASK_EVERY_S
        self._say(Sentence("runs-again", name=process.name))

    def _answer(self, case: _Case, probe: Probe, now: float) -> bool | None:
        """Return the probe's newest answer, or None while there is none; asked in a thread, so nobody waits."""
        if case.asked is None:
            if now >= case.ask_at:
                case.asked = self._asking.submit(probe)
            return None
        if not case.asked.done():
            return None
        answer = case.asked.result()
        case.asked = None
        case.ask_at = now + (ASK_EVERY_S if case.ready else FIRST_PAUSE_S)
        return answer

    def _last_one(self) -> None:
        """Give the house up when nothing of it runs and everything was tried often enough."""
        expected = [process for process in self._processes.values() if process.expected]
        if not expected or any(process.pid is not None for process in expected):
            return
        if all(self._cases[p.name].deaths > GIVE_UP_AFTER or not p.program.restart for p in expected):
            raise EmbeddedError("all-ended", **expected[-1].facts())
