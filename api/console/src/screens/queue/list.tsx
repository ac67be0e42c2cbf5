// SPDX-License-Identifier: Apache-2.0
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useState, type KeyboardEvent, type RefObject } from "react";
import { useTexts } from "../../i18n/language";
import type { Reading } from "../../logic/freeze";
import type { Rows } from "../../logic/rows";
import { QueueRow } from "./row";

interface QueueListProps {
  ref: RefObject<HTMLDivElement | null>;
  order: readonly string[];
  left: ReadonlySet<string>;
  rows: Rows;
  active: string;
  openId: string;
  whyFor: string;
  onWhy: (id: string) => void;
  onActive: (id: string) => void;
  onOpen: (id: string, act?: string) => void;
  onMove: (step: number) => void;
  onReading: (change: Partial<Reading>) => void;
  empty: string;
}

/** Row height in rem when no style says one (tests without a layout). */
const ROW_REM = 3.75;

/** The height in pixels that queue.css gives a row (`--row`, in rem): it grows with the type size and on a phone. */
function rowHeight(list: Element | null): number {
  const root = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  const said = list === null ? "" : getComputedStyle(list).getPropertyValue("--row");
  return (Number.parseFloat(said) || ROW_REM) * root;
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

export function QueueList(props: QueueListProps) {
  const { order, left, rows, active, onReading, onMove, ref } = props;
  const { t } = useTexts();
  const [rowPx, setRowPx] = useState(() => rowHeight(null));
  useLayoutEffect(() => {
    const list = ref.current;
    if (list === null) return;
    const measure = () => {
      setRowPx(rowHeight(list));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(list);
    return () => {
      observer.disconnect();
    };
  }, [ref]);
  const estimateSize = useCallback(() => rowPx, [rowPx]);
  // TanStack Virtual keeps its own state; nothing here is memoised by a compiler.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: order.length,
    getScrollElement: () => ref.current,
    // Rows are all of one height, so their places hang on the index alone; a new function here, or keys that
    // move with the order, would lay out 20,000 rows anew at every tick and every step of the scroll.
    estimateSize,
    overscan: 8,
    initialRect: { width: 1000, height: 800 },
  });

  useLayoutEffect(() => {
    virtual.measure();
  }, [virtual, rowPx]);

  const at = active === "" ? -1 : order.indexOf(active);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: "auto" });
    // Follow the keyboard only, never the list's own changes.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [active]);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined || event.target !== event.currentTarget) return;
    event.preventDefault();
    onMove(Number.isFinite(step) ? step : step > 0 ? order.length : -order.length);
  };

  return (
    <div
      ref={ref}
      className="rows"
      role="grid"
      tabIndex={0}
      aria-label={t("queue.title")}
      aria-rowcount={order.length + 1}
      aria-activedescendant={at >= 0 ? `row-${active}` : undefined}
      onKeyDown={onKeyDown}
      onPointerEnter={() => {
        onReading({ hovered: true });
      }}
      onPointerLeave={() => {
        onReading({ hovered: false });
      }}
      onFocus={() => {
        onReading({ focused: true });
      }}
      onBlur={(event) => {
        // A row's reasons open above the list and take the focus; whoever reads them still reads the list.
        const to = event.relatedTarget;
        if (event.currentTarget.contains(to) || (to?.closest(".popover") ?? null) !== null) return;
        onReading({ focused: false });
      }}
      onScroll={(event) => {
        onReading({ scrolled: event.currentTarget.scrollTop > 0 });
      }}
    >
      <div className="row columns" role="row" aria-rowindex={1}>
        <span role="columnheader" className="c-priority">
          {t("queue.col.priority")}
        </span>
        <span role="columnheader" className="c-what">
          {t("queue.col.incident")}
        </span>
        <span role="columnheader" className="c-place">
          {t("queue.col.place")}
        </span>
        <span role="columnheader" className="c-reports">
          {t("queue.col.reports")}
        </span>
        <span role="columnheader" className="c-owner">
          {t("queue.col.owner")}
        </span>
        <span role="columnheader" className="c-state">
          {t("queue.col.state")}
        </span>
        <span role="columnheader" className="c-age">
          {t("queue.col.age")}
        </span>
        <span role="columnheader" className="c-why">
          <span className="hidden">{t("queue.why")}</span>
        </span>
      </div>
      <div role="rowgroup" className="rows-all" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows.lastKnown(order[item.index] ?? "");
          return row === undefined ? null : (
            <QueueRow
              key={row.id}
              row={row}
              index={item.index}
              top={item.start}
              gone={left.has(row.id)}
              active={row.id === active}
              open={row.id === props.openId}
              why={row.id === props.whyFor}
              onWhy={props.onWhy}
              onActive={props.onActive}
              onOpen={props.onOpen}
            />
          );
        })}
      </div>
      {order.length === 0 ? <p className="empty">{props.empty}</p> : null}
    </div>
  );
}
