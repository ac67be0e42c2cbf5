// SPDX-License-Identifier: Apache-2.0
import { Button } from "react-aria-components";
import { useTexts, type TextId, type Texts } from "../../i18n/language";
import type { FieldChange } from "../../logic/acts";
import { useNames, type Names } from "../../ui/house";
import type { Outcome, Wish } from "./useact";

interface ConflictProps {
  outcome: Outcome;
  onDismiss: () => void;
  onAgain: (wish: Wish, key?: string) => void;
  /** Choosing other teams than the one that is taken. */
  onOther: () => void;
}

function shownValue({ field }: FieldChange, value: string | number, { coded, t }: Texts, names: Names): string {
  switch (field) {
    case "state":
      return coded("state.", String(value));
    case "priority":
      return `P${value}`;
    case "owner":
      return value === "" ? t("queue.unclaimed") : String(value);
    case "type":
      return names.type(String(value));
    case "zone":
      return names.zone(String(value));
    case "teams":
    case "reports":
      return String(value);
  }
}

/** What stood in the way of an act, what changed meanwhile, and what one can do about it now. */
export function Conflict({ outcome, onDismiss, onAgain, onOther }: ConflictProps) {
  const texts = useTexts();
  const { t } = texts;
  const names = useNames();
  if (outcome.state === "failed") {
    const { again, key } = outcome;
    return (
      <div className="fault" role="alert">
        <p>{outcome.text}</p>
        {again === null ? null : (
          <Button
            className="button"
            onPress={() => {
              onAgain(again, key);
            }}
          >
            {t("common.retry")}
          </Button>
        )}
        <Button className="button plain" onPress={onDismiss}>
          {t("common.close")}
        </Button>
      </div>
    );
  }
  if (outcome.state !== "conflict") return null;
  return (
    <div className="conflict" role="alert">
      <h2>{outcome.text}</h2>
      <p>{t("conflict.lead")}</p>
      {outcome.changes.length === 0 ? (
        <p className="quiet">{t("conflict.none")}</p>
      ) : (
        <dl>
          {outcome.changes.map((change) => (
            <div key={change.field}>
              <dt>{t(`conflict.field.${change.field}` satisfies TextId)}</dt>
              <dd>
                <del>{shownValue(change, change.before, texts, names)}</del> →{" "}
                <ins>{shownValue(change, change.after, texts, names)}</ins>
              </dd>
            </div>
          ))}
        </dl>
      )}
      <div className="acts">
        {outcome.code === "version-conflict" ? (
          <Button
            className="button"
            onPress={() => {
              onAgain(outcome.wish);
            }}
          >
            {t("conflict.again")}
          </Button>
        ) : null}
        {outcome.code === "team-taken" ? (
          <Button className="button" onPress={onOther}>
            {t("conflict.other")}
          </Button>
        ) : null}
        <Button className="button plain" onPress={onDismiss}>
          {t("common.close")}
        </Button>
      </div>
    </div>
  );
}
