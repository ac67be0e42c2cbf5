// SPDX-License-Identifier: Apache-2.0
import { useTexts } from "../i18n/language";
import { useHouse, useNow, useRows } from "./house";

/** Heartbeats come each 10 s; data older than this is told so even while the line stands. */
const STALE_S = 12;

/** Whether what the screen shows is live, and how old it is when it is not. */
export function LineMark() {
  const { hub } = useHouse();
  const { t, age } = useTexts();
  useRows();
  useNow();
  const silence = hub.silence();
  const live = hub.line.state === "live";
  const state = live && (silence ?? 0) < STALE_S ? "live" : silence === null && !live ? "connecting" : "away";
  const long =
    state === "live"
      ? t("line.live")
      : silence === null
        ? t(hub.line.state === "away" ? "line.never" : "line.connecting")
        : t("line.away", { age: age(silence) });
  return (
    <span className={`line ${state}`} role="status" aria-label={t("line.label")} title={long}>
      <i aria-hidden="true" />
      {state === "away" && silence !== null
        ? t("line.away.short", { age: age(silence) })
        : state === "away"
          ? t("line.never")
          : long}
    </span>
  );
}
