// SPDX-License-Identifier: Apache-2.0
import { ToggleButton } from "react-aria-components";
import { useTexts } from "../../i18n/language";
import { useNames } from "../../ui/house";
import { AgeMark, PriorityMark, StateMark } from "../../ui/marks";
import type { NearbyAnswer } from "./usenearby";

interface NearbyProps {
  nearby: NearbyAnswer;
  joins: string;
  onJoin: (index: number) => void;
}

export function Nearby({ nearby, joins, onJoin }: NearbyProps) {
  const { t, number } = useTexts();
  const names = useNames();
  const { items, state } = nearby;
  return (
    <aside className="nearby" aria-labelledby="near-title">
      <h2 id="near-title">
        {t("call.near.title")} <span className="quiet small">{state === "asking" ? t("call.near.asking") : ""}</span>
      </h2>
      <p role="status" className="quiet">
        {state === "no-place"
          ? t("call.near.place")
          : state === "away"
            ? t("call.near.away")
            : state === "known" && items.length === 0
              ? t("call.near.none", { metres: number(nearby.radiusM) })
              : ""}
      </p>
      <ol>
        {items.map((row, index) => (
          <li key={row.id} className={`near q${row.priority}${row.id === joins ? " joined" : ""}`}>
            <div className="near-head">
              <PriorityMark priority={row.priority} />
              <span className="num">{row.number}</span>
              <b>{names.type(row.type)}</b>
              <AgeMark row={row} />
            </div>
            <p className="summary">{row.summary}</p>
            <p className="quiet small">
              {row.address || names.zone(row.zone)}
              {row.distance_m === null
                ? ""
                : ` · ${t("call.near.distance", { metres: number(row.distance_m) })}`} ·{" "}
              {t("queue.reports", { reports: row.reports })} <StateMark state={row.state} />
            </p>
            <div className="near-act">
              {row.match === null ? null : (
                <span className={`chip band-${row.match.band}`}>{t(`call.band.${row.match.band}`)}</span>
              )}
              <ToggleButton
                className="button"
                isSelected={row.id === joins}
                onChange={() => {
                  onJoin(index);
                }}
              >
                {row.id === joins ? t("call.near.undo") : t("call.near.join")} <kbd>Alt {index + 1}</kbd>
                <span className="hidden"> {row.number}</span>
              </ToggleButton>
            </div>
          </li>
        ))}
      </ol>
    </aside>
  );
}
