# SPDX-License-Identifier: Apache-2.0
"""A small invented city's records in the formats that the scores read."""

from __future__ import annotations

import csv
import gzip
import random
from datetime import datetime, timedelta
from pathlib import Path

EVENTS = [
    "case_id",
    "opened_at",
    "target_at",
    "source",
    "subject",
    "reason",
    "type",
    "title",
    "department",
    "queue",
    "address",
    "neighborhood",
    "ward",
    "police_district",
    "fire_district",
    "lat",
    "lon",
    "submitted_photo",
    "placeholder_latlon",
]
LAMP, SOFA = "Lamp dark", "Sofa to fetch"


def city(folder: Path, days: int = 60, seed: int = 3) -> tuple[Path, Path]:
    """Write 60 days of lamps (a neighbour within hours is the same lamp) and sofas (never the same one)."""
    chance, begun = random.Random(seed), datetime.fromisoformat("2020-01-01T00:00:00")
    rows: list[dict[str, str]] = []
    pairs: list[tuple[str, str]] = []

    def add(at: datetime, kind: str, lat: float, lon: float) -> str:
        name = f"c{len(rows):05d}"
        row = dict.fromkeys(EVENTS, "")
        row.update(case_id=name, opened_at=at.isoformat(), type=kind, title=kind, reason=kind, source="Self Service")
        row.update(lat=f"{lat:.5f}", lon=f"{lon:.5f}", address=f"{round(lat * 1e4)} Main St", placeholder_latlon="0")
        rows.append(row)
        return name

    for day in range(days):
        for _ in range(6):
            at = begun + timedelta(days=day, minutes=chance.randrange(1200))
            lat, lon = 40.0 + chance.random() * 0.05, -70.0 + chance.random() * 0.05
            first = add(at, LAMP, lat, lon)
            if chance.random() < 0.5:
                pairs.append((add(at + timedelta(minutes=chance.randrange(2, 90)), LAMP, lat, lon), first))
            sofa = (40.0 + chance.random() * 0.05, -70.0)
            add(at, SOFA, *sofa)
            add(at + timedelta(minutes=5), SOFA, *sofa)
    events, truth = folder / "events.csv.gz", folder / "pairs.csv"
    with gzip.open(events, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, EVENTS)
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: row["opened_at"]))
    with truth.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["child", "parent", "strong"])
        lines.writerows([*((child, parent, 1) for child, parent in pairs), ("c00000", "c00002", 0)])
    return events, truth


def letters(folder: Path) -> tuple[Path, Path, Path]:
    """Write eight Chinese messages: two about one lamp, two about one noise, four about other things."""
    said = [
        ("1", "幸福里小区三号楼路灯不亮", "三号楼门口的路灯坏了半个月，晚上老人出行很不方便，请尽快维修。"),
        ("2", "咨询公积金提取的手续", "我想提取公积金用于租房，请问需要哪些材料，在哪里办理。"),
        ("3", "建设路工地夜间施工噪音扰民", "建设路与青年路口的工地每天凌晨还在打桩，孩子无法入睡。"),
        ("4", "反映幸福里小区路灯不亮", "幸福里小区三号楼门口路灯坏了很久，老人晚上出行不便，希望维修。"),
        ("5", "希望增加二十路公交车班次", "早高峰二十路公交车等四十分钟，非常拥挤，希望增加班次。"),
        ("6", "建设路工地半夜施工太吵", "建设路青年路口工地凌晨打桩施工，噪音太大孩子睡不着。"),
        ("7", "请问新生儿医保如何办理", "孩子上个月出生，想咨询医保登记的流程。"),
        ("8", "河边步道积满落叶", "滨河步道好几天没人清扫，落叶很厚。"),
    ]
    messages, clusters, uncertain = (folder / name for name in ("messages.csv", "clusters.csv", "uncertain.csv"))
    with messages.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["message_id", "user_id", "sent_at", "title", "detail"])
        lines.writerows((key, f"u{key}", f"2020-03-0{key}T10:00:00", title, detail) for key, title, detail in said)
    clusters.write_text("message_id,cluster_id\n1,G1\n4,G1\n3,G2\n6,G2\n", encoding="utf-8")
    uncertain.write_text("a,b\n2,7\n", encoding="utf-8")
    return messages, clusters, uncertain
