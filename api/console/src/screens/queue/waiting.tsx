// SPDX-License-Identifier: Apache-2.0
import { Button } from "react-aria-components";
import { useTexts } from "../../i18n/language";
import type { View } from "../../logic/freeze";
import type { Rows } from "../../logic/rows";
import { useNames } from "../../ui/house";

interface WaitingStripProps {
  held: boolean;
  view: View;
  rows: Rows;
  onShow: () => void;
  onOpen: (id: string) => void;
}

/** What waits while the list stands still. The strip has its place whether or not it says something. */
export function WaitingStrip({ held, view, rows, onShow, onOpen }: WaitingStripProps) {
  const { t } = useTexts();
  const names = useNames();
  const first = view.waiting.filter((id) => rows.incidents.get(id)?.priority === 1);
  const urgent = first[0] === undefined ? undefined : rows.incidents.get(first[0]);
  const waits = view.waiting.length > 0 || view.moved;
  return (
    <div className={`waiting${urgent === undefined ? "" : " urgent"}`}>
      <span role="status">
        {view.waiting.length > 0
          ? t("queue.waiting", { count: view.waiting.length, first: first.length })
          : view.moved
            ? t("queue.moved")
            : held
              ? t("queue.held")
              : t("queue.following")}
      </span>
      {waits ? (
        <Button className="button primary small" onPress={onShow}>
          {t("queue.show")} <kbd>.</kbd>
        </Button>
      ) : null}
      {urgent === undefined ? null : (
        <span role="alert">
          <Button
            className="button small p1-wait"
            onPress={() => {
              onOpen(urgent.id);
            }}
          >
            {t("queue.p1", {
              number: urgent.number,
              type: names.type(urgent.type),
              place: urgent.address || names.zone(urgent.zone),
            })}
          </Button>
        </span>
      )}
    </div>
  );
}
