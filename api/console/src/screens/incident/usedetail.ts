// SPDX-License-Identifier: Apache-2.0
/** One incident with its reports and history, read again whenever the feed says that it changed. */

import { useCallback, useEffect, useRef, useState } from "react";
import type { AuditLine, IncidentDetail, IncidentReport, Page } from "../../api/types";
import { useHouse, useRows } from "../../ui/house";
import { isProblem } from "../../ui/problem";

export interface Told {
  detail: IncidentDetail;
  reports: readonly IncidentReport[];
  cursor: string;
  history: readonly AuditLine[];
}

export type Detail = { state: "loading" } | { state: "failed"; fault: unknown } | { state: "known"; told: Told };

/** Changes of one hot incident come many a second; it is read at most this often. */
const QUIET_MS = 300;

export interface DetailHandle {
  detail: Detail;
  /** Reads again now and gives back what is true. */
  reload: () => Promise<IncidentDetail>;
  more: () => Promise<void>;
}

export function useDetail(id: string): DetailHandle {
  const { client, hub } = useHouse();
  const { rows } = useRows();
  const [detail, setDetail] = useState<Detail>({ state: "loading" });
  const asked = useRef(0);

  const reload = useCallback(async () => {
    const turn = ++asked.current;
    const path = `/v1/incidents/${id}`;
    const [fresh, reports, history] = await Promise.all([
      client.get<IncidentDetail>(path),
      client.get<Page<IncidentReport>>(`${path}/reports`, { limit: 50 }),
      client.get<{ items: AuditLine[] }>(`${path}/history`),
    ]);
    hub.took([fresh], [], fresh.assignments);
    if (turn === asked.current) {
      const told = { detail: fresh, reports: reports.items, cursor: reports.cursor, history: history.items };
      setDetail({ state: "known", told });
    }
    return fresh;
  }, [client, hub, id]);

  const more = useCallback(async () => {
    if (detail.state !== "known" || detail.told.cursor === "") return;
    const { told } = detail;
    const page = await client.get<Page<IncidentReport>>(`/v1/incidents/${id}/reports`, {
      limit: 50,
      cursor: told.cursor,
    });
    setDetail({
      state: "known",
      told: { ...told, reports: [...told.reports, ...page.items], cursor: page.cursor },
    });
  }, [client, detail, id]);

  // What the feed knows of this incident, as one value that changes when any of it does.
  const known = rows.lastKnown(id)?.version ?? 0;
  const assignments = [...rows.assignments.values()]
    .filter((one) => one.incident_id === id)
    .map((one) => `${one.id}:${one.version}`)
    .join(",");
  const newest = `${known}|${assignments}`;
  const shown =
    detail.state === "known"
      ? `${detail.told.detail.version}|${detail.told.detail.assignments.map((one) => `${one.id}:${one.version}`).join(",")}`
      : "";

  const first = useRef(true);
  useEffect(() => {
    if (!first.current && newest === shown) return;
    const timer = setTimeout(
      () => {
        first.current = false;
        reload().catch((fault: unknown) => {
          if (!isProblem(fault)) throw fault;
          setDetail((before) => (before.state === "known" ? before : { state: "failed", fault }));
        });
      },
      first.current ? 0 : QUIET_MS,
    );
    return () => {
      clearTimeout(timer);
    };
    // `shown` follows from the read itself and must not start another.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [newest, reload]);

  return { detail, reload, more };
}
