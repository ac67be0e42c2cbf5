# SPDX-License-Identifier: Apache-2.0
"""The downtime sheet: what is open and which teams there are, as one HTML file to print, with empty lines to write on.

It holds nothing that runs and asks nothing of the network. What people said is escaped, and what looks
like a telephone number is masked: paper leaves the house.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape

from weirhouse.cli.words import Language, sentence
from weirhouse.domain.incident import Incident, Team
from weirhouse.domain.taxonomy import kind_of
from weirhouse.telemetry.logs import mask

STYLE = """
@page { size: A4 landscape; margin: 10mm }
body { font: 10pt/1.3 "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #000; background: #fff }
h1 { font-size: 14pt; margin: 0 } h2 { font-size: 11pt; margin: 6mm 0 1mm; break-after: avoid }
table { border-collapse: collapse; width: 100% } thead { display: table-header-group } tr { break-inside: avoid }
th, td { border: 0.3mm solid #000; padding: 1mm; text-align: left; vertical-align: top; overflow-wrap: anywhere }
.write td { height: 11mm } .urgent td:first-child { border-left-width: 1.5mm }
"""

INCIDENT_COLUMNS = ("number", "priority", "type", "state", "zone", "address", "said", "opened", "teams", "done")
TEAM_COLUMNS = ("team", "kind", "zone", "state", "done")
BLANK_COLUMNS = ("time", "caller", "address", "said", "priority", "teams", "done", "by")


@dataclass(frozen=True)
class Sheet:
    """What goes on paper. `total` counts all open incidents that match, also those beyond `incidents`."""

    at: datetime
    incidents: Sequence[Incident]
    total: int
    teams: Sequence[Team]
    sent: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Incident id → ids of the teams it has now."""
    zones: Sequence[str] = ()
    blank: int = 20
    """Empty lines for what comes in while the house is away."""


def page(sheet: Sheet, spoken: Language) -> str:
    """Return the sheet as an HTML document; instants in the zone of `sheet.at`."""

    def word(key: str, **values: object) -> str:
        return escape(sentence(spoken, f"paper-{key}", **values))

    def head(columns: Sequence[str]) -> str:
        return "<thead><tr>" + "".join(f'<th scope="col">{word(name)}</th>' for name in columns) + "</tr></thead>"

    names = {team.id: team.name_zh if spoken == "zh" else team.name_en for team in sheet.teams}
    incidents = "".join(_incident(one, sheet, names, spoken) for one in sheet.incidents)
    teams = "".join(
        _row((names[team.id], team.kind, team.zone, team.state, "")) for team in sheet.teams if not team.exercise
    )
    blank = _row([""] * len(BLANK_COLUMNS)) * sheet.blank
    title, zones = word("title"), escape(", ".join(sheet.zones)) or word("all-zones")
    left = sheet.total - len(sheet.incidents)
    return (
        f'<!doctype html>\n<html lang="{"zh-CN" if spoken == "zh" else "en"}"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>\n"
        f"<h1>{title}</h1><p>{word('as-of', at=sheet.at.isoformat(sep=' ', timespec='minutes'))} · {zones}</p>\n"
        f"<h2>{word('open', count=len(sheet.incidents))}</h2>"
        + (f"<p><strong>{word('left-off', count=left)}</strong></p>" if left > 0 else "")
        + f"<table>{head(INCIDENT_COLUMNS)}<tbody>{incidents}</tbody></table>\n"
        f"<h2>{word('all-teams')}</h2><table>{head(TEAM_COLUMNS)}<tbody>{teams}</tbody></table>\n"
        f'<h2>{word("new")}</h2><table class="write">{head(BLANK_COLUMNS)}<tbody>{blank}</tbody></table>\n'
        "</body></html>\n"
    )


def _incident(one: Incident, sheet: Sheet, names: Mapping[str, str], spoken: Language) -> str:
    kind = kind_of(one.type)
    said = mask(one.summary)
    if one.exercise:
        said = f"[{sentence(spoken, 'paper-exercise')}] {said}"
    return _row(
        (
            str(one.number),
            f"P{one.priority}",
            kind.zh if spoken == "zh" else kind.en,
            one.state.value,
            one.zone,
            mask(one.address),
            said,
            datetime.fromtimestamp(one.opened_at, sheet.at.tzinfo).strftime("%m-%d %H:%M"),
            ", ".join(names.get(team, team) for team in sheet.sent.get(one.id, ())),
            "",
        ),
        urgent=one.priority <= 2,
    )


def _row(cells: Sequence[str], *, urgent: bool = False) -> str:
    opening = '<tr class="urgent">' if urgent else "<tr>"
    return opening + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>\n"
