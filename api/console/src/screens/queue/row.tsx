// SPDX-License-Identifier: Apache-2.0
import { memo } from "react";
import { Button, Dialog, DialogTrigger, Heading, Popover } from "react-aria-components";
import type { Incident } from "../../api/types";
import { useTexts } from "../../i18n/language";
import { useHouse, useNames } from "../../ui/house";
import { AgeMark, FlagMarks, PriorityMark, StateMark } from "../../ui/marks";
import { Terms } from "../../ui/terms";

interface QueueRowProps {
  row: Incident;
  index: number;
  top: number;
  gone: boolean;
  active: boolean;
  open: boolean;
  why: boolean;
  onWhy: (id: string) => void;
  onActive: (id: string) => void;
  onOpen: (id: string) => void;
}

export const QueueRow = memo(function QueueRow(props: QueueRowProps) {
  const { row, gone, active, open } = props;
  const { t, number } = useTexts();
  const { session } = useHouse();
  const names = useNames();
  const place = row.address || (row.lat === null ? t("queue.noplace") : names.zone(row.zone));
  const classes = ["row", `q${row.priority}`, active ? "active" : "", open ? "open" : "", gone ? "gone" : ""];
  return (
    // The grid holds the keyboard's focus and names its row by aria-activedescendant; a click opens.
    <div
      id={`row-${row.id}`}
      className={classes.filter(Boolean).join(" ")}
      role="row"
      aria-rowindex={props.index + 2}
      aria-selected={active}
      style={{ transform: `translateY(${props.top}px)` }}
      onClick={() => {
        props.onOpen(row.id);
      }}
    >
      <span role="gridcell" className="c-priority">
        <PriorityMark priority={row.priority} />
      </span>
      <span role="gridcell" className="c-what">
        <span className="headline">
          <span className="num">{row.number}</span> <b>{names.type(row.type)}</b> <FlagMarks row={row} />
        </span>
        <span className="summary">
          <span className="beside">{row.summary === "" ? place : `${place} · `}</span>
          {row.summary}
        </span>
      </span>
      <span role="gridcell" className="c-place">
        <span>{place}</span>
        <span className="quiet">{names.zone(row.zone)}</span>
      </span>
      <span role="gridcell" className="c-reports">
        <span>{t("queue.reports", { reports: row.reports })}</span>
        <span className="quiet">{t("queue.sources", { sources: row.sources })}</span>
      </span>
      <span role="gridcell" className={row.owner === "" ? "c-owner unclaimed" : "c-owner"}>
        {row.owner === "" ? t("queue.unclaimed") : row.owner === session.subject ? t("queue.mine") : row.owner}
      </span>
      <span role="gridcell" className="c-state">
        {gone ? <span className="state s-left">{t("queue.left")}</span> : <StateMark state={row.state} />}
        {row.teams > 0 ? <span className="quiet">{t("queue.teams", { count: row.teams })}</span> : null}
      </span>
      <span role="gridcell" className="c-age">
        <AgeMark row={row} />
      </span>
      {/* A press on the button is not a press on the row. */}
      <span
        role="gridcell"
        className="c-why"
        onClick={(event) => {
          event.stopPropagation();
        }}
      >
        <DialogTrigger
          isOpen={props.why}
          onOpenChange={(isOpen) => {
            props.onWhy(isOpen ? row.id : "");
          }}
        >
          <Button
            className="button plain why"
            excludeFromTabOrder
            aria-label={t("why.title", { number: row.number })}
            onPress={() => {
              props.onActive(row.id);
            }}
          >
            {t("queue.why.short")} ⌄
          </Button>
          <Popover className="popover" placement="bottom end">
            <Dialog className="reasons">
              <Heading slot="title">{t("why.title", { number: row.number })}</Heading>
              <Terms terms={row.reasons} empty={t("why.empty")} />
              <p className="quiet small">
                {t("why.severity", { severity: number(row.severity, 2) })} · {t("why.policy", { policy: row.policy })}
              </p>
            </Dialog>
          </Popover>
        </DialogTrigger>
      </span>
    </div>
  );
});
