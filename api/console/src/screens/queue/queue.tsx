// SPDX-License-Identifier: Apache-2.0
/** The live queue: one row an incident, best rank first, still while a person reads. */

import { useCallback, useMemo, useRef, useState } from "react";
import { useTexts } from "../../i18n/language";
import { EVERYTHING, matches, type Filters } from "../../logic/filters";
import { isReading, view, type Reading } from "../../logic/freeze";
import { Ranking } from "../../logic/order";
import { go, useAddress } from "../../ui/address";
import { useHouse, useRows } from "../../ui/house";
import { useKeys } from "../../ui/keys";
import { FilterBar } from "./filterbar";
import { QueueList } from "./list";
import { WaitingStrip } from "./waiting";

interface Held {
  order: readonly string[];
  filters: Filters;
}

const NOT_READING: Reading = { hovered: false, focused: false, scrolled: false };

export function Queue({ openId }: { openId: string }) {
  const { t } = useTexts();
  const { hub } = useHouse();
  const feed = useRows();
  const { rows } = feed;
  const { filters, setFilters } = useAddress();
  const [active, setActive] = useState(openId);
  const [whyFor, setWhyFor] = useState("");
  const [held, setHeld] = useState<Held | null>(null);
  const [ranking] = useState(() => new Ranking());
  const reading = useRef(NOT_READING);
  const list = useRef<HTMLDivElement>(null);

  const live = useMemo(() => {
    return ranking.of(feed.rows.incidents, (row) => matches(row, filters));
  }, [ranking, feed, filters]);
  const shown = view(live, held !== null && held.filters === filters ? held.order : null);
  const order = shown.order;

  const onReading = useCallback(
    (change: Partial<Reading>) => {
      const before = isReading(reading.current);
      reading.current = { ...reading.current, ...change };
      const now = isReading(reading.current);
      if (now && !before) setHeld({ order: live, filters });
      else if (before && !now) setHeld(null);
    },
    [live, filters],
  );
  const refresh = () => {
    setHeld(isReading(reading.current) ? { order: live, filters } : null);
  };

  const open = (id: string, act = "") => {
    if (id === "") return;
    setActive(id);
    go({ screen: "incident", id, act });
  };
  const moveBy = (step: number) => {
    list.current?.focus({ preventScroll: true });
    if (order.length === 0) return;
    const at = order.indexOf(active);
    const next = order[at < 0 ? 0 : Math.min(order.length - 1, Math.max(0, at + step))];
    if (next !== undefined) setActive(next);
  };
  const claimKey = () => {
    open(active, "claim");
  };

  useKeys({
    j: () => {
      moveBy(1);
    },
    k: () => {
      moveBy(-1);
    },
    ".": refresh,
    ...(openId === ""
      ? {
          a: () => {
            open(active, "assign");
          },
          m: claimKey,
          Enter: () => {
            open(active);
          },
        }
      : {}),
    w: () => {
      setWhyFor((before) => (before === active ? "" : active));
    },
  });

  const filtered = filters.zones.length > 0 || filters.priorities.length > 0;
  const capped = rows.total > rows.incidents.size;
  return (
    <section className="queue" aria-labelledby="queue-title">
      <header className="queue-head">
        <h1 id="queue-title">{t("queue.title")}</h1>
        <p className="quiet">
          {capped && !filtered
            ? t("queue.capped", { count: live.length, total: rows.total })
            : t("queue.count", { count: live.length })}
        </p>
        <FilterBar
          filters={filters}
          onChange={setFilters}
          onClear={() => {
            setFilters(EVERYTHING);
          }}
        />
      </header>
      <WaitingStrip
        held={held !== null && held.filters === filters}
        view={shown}
        rows={rows}
        onShow={refresh}
        onOpen={open}
      />
      <QueueList
        ref={list}
        order={order}
        left={shown.left}
        rows={rows}
        active={active}
        openId={openId}
        whyFor={whyFor}
        onWhy={setWhyFor}
        onActive={setActive}
        onOpen={open}
        onMove={moveBy}
        onReading={onReading}
        empty={
          hub.line.state === "connecting" && rows.snapshots === 0
            ? t("common.loading")
            : t(filtered ? "queue.empty.filtered" : "queue.empty")
        }
      />
    </section>
  );
}
