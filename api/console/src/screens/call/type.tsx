// SPDX-License-Identifier: Apache-2.0
import { useMemo, useState } from "react";
import {
  Button,
  ComboBox,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Text,
  useFilter,
} from "react-aria-components";
import type { IncidentType } from "../../api/types";
import { useTexts } from "../../i18n/language";
import type { Suggestion } from "../../logic/suggest";
import { useHouse } from "../../ui/house";
import { PriorityMark } from "../../ui/marks";

interface TypeFieldProps {
  value: string;
  error: string;
  onChange: (type: string) => void;
  suggestion: Suggestion | null;
  onTake: () => void;
}

export function TypeField({ value, error, onChange, suggestion, onTake }: TypeFieldProps) {
  const { t, labelled } = useTexts();
  const { types } = useHouse();
  const { contains } = useFilter({ sensitivity: "base" });
  const chosen = types.find((type) => type.id === value);
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? (chosen === undefined ? "" : labelled(chosen));

  const shown = useMemo(() => {
    const sorted = [...types].sort((a, b) => a.priority - b.priority);
    if (typed === null || typed.trim() === "") return sorted;
    // Either language finds a type, whatever the seat speaks.
    return sorted.filter((type) =>
      [type.label_en, type.label_zh, type.id].some((label) => contains(label, typed.trim())),
    );
  }, [types, typed, contains]);

  return (
    <div className="type-field">
      <ComboBox<IncidentType>
        className="field"
        items={shown}
        inputValue={text}
        onInputChange={(next) => {
          if (chosen !== undefined && next === labelled(chosen)) {
            setTyped(null);
            return;
          }
          setTyped(next);
          if (next === "") onChange("");
        }}
        value={value === "" ? null : value}
        onChange={(key) => {
          setTyped(null);
          onChange(key === null ? "" : String(key));
        }}
        onBlur={() => {
          setTyped(null);
        }}
        menuTrigger="focus"
        isInvalid={error !== ""}
      >
        <Label>{t("call.type")}</Label>
        <Input className="input" autoComplete="off" />
        <Text slot="description">{t("call.type.hint")}</Text>
        <FieldError>{error}</FieldError>
        <Popover className="popover combo">
          <ListBox<IncidentType> className="list">
            {(type) => (
              <ListBoxItem id={type.id} textValue={labelled(type)} className="option">
                <PriorityMark priority={type.priority} /> {labelled(type)}
              </ListBoxItem>
            )}
          </ListBox>
        </Popover>
      </ComboBox>
      {suggestion === null ? null : (
        <p className="suggestion" role="status">
          <PriorityMark priority={suggestion.type.priority} />{" "}
          {suggestion.because === "words"
            ? t("call.suggest.words", { type: labelled(suggestion.type) })
            : t("call.suggest.nearby", { type: labelled(suggestion.type), number: suggestion.number ?? 0 })}{" "}
          <Button className="button small" onPress={onTake}>
            {t("call.suggest.take")} <kbd>Alt S</kbd>
          </Button>
        </p>
      )}
    </div>
  );
}
