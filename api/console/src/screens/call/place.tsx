// SPDX-License-Identifier: Apache-2.0
import { useEffect, useMemo, useState } from "react";
import { ComboBox, FieldError, Input, Label, ListBox, ListBoxItem, Popover, Text } from "react-aria-components";
import type { Place } from "../../api/types";
import { useTexts } from "../../i18n/language";
import type { Draft } from "../../logic/call";
import { Lookup } from "../../logic/lookup";
import { useHouse, useNames } from "../../ui/house";
import { isProblem } from "../../ui/problem";

const QUIET_MS = 120;

interface PlaceFieldProps {
  draft: Draft;
  error: string;
  onChange: (change: Partial<Draft>) => void;
}

/** The gazetteer while typing; what it does not know is kept as written. */
export function PlaceField({ draft, error, onChange }: PlaceFieldProps) {
  const { t, named } = useTexts();
  const { client } = useHouse();
  const names = useNames();
  const [answer, setAnswer] = useState<{ to: string; places: readonly Place[] }>({ to: "", places: [] });
  const { places } = answer;
  const lookup = useMemo(
    () =>
      new Lookup<string, { items: Place[] }>({
        ask: (q, signal) => client.get("/v1/places", { q, limit: 10 }, signal),
        onAnswer: ({ items }, q) => {
          setAnswer({ to: q, places: items });
        },
        onFault: (fault) => {
          // Without the gazetteer the words of the caller still stand.
          if (!isProblem(fault)) throw fault;
          setAnswer({ to: "", places: [] });
        },
        quietMs: QUIET_MS,
      }),
    [client],
  );
  useEffect(
    () => () => {
      lookup.cancel();
    },
    [lookup],
  );

  const choose = (id: string | number | null) => {
    const place = places.find((one) => one.id === id);
    if (place !== undefined) onChange({ place, address: named(place) });
  };
  const type = (text: string) => {
    // The chosen place's own name comes back through here; that is not typing.
    if (draft.place !== null && text === draft.address) return;
    onChange({ address: text, place: null });
    if (text.trim() === "") setAnswer({ to: "", places: [] });
    else lookup.ask(text.trim());
  };

  return (
    <ComboBox
      className="field"
      items={places}
      inputValue={draft.address}
      onInputChange={type}
      value={draft.place?.id ?? null}
      onChange={choose}
      allowsCustomValue
      // The answer comes after the key; a menu that is not open then would stay shut (one paste, one IME commit).
      allowsEmptyCollection
      menuTrigger="input"
      defaultFilter={() => true}
      isInvalid={error !== ""}
    >
      <Label>{t("call.place")}</Label>
      <Input className="input" maxLength={300} autoComplete="off" />
      <Text slot="description">
        {draft.place !== null ? (
          <span className="found">✓ {t("call.place.found", { zone: names.zone(draft.place.zone) })}</span>
        ) : draft.address.trim() !== "" ? (
          t("call.place.free")
        ) : (
          t("call.place.hint")
        )}
      </Text>
      <FieldError>{error}</FieldError>
      <Popover className="popover combo">
        <ListBox<Place>
          className="list"
          renderEmptyState={() => (
            <p className="quiet nothing">
              {t(answer.to === draft.address.trim() ? "call.place.free" : "call.near.asking")}
            </p>
          )}
        >
          {(place) => (
            <ListBoxItem id={place.id} textValue={named(place)} className="option two">
              <Text slot="label">{named(place)}</Text>
              <Text slot="description">
                {names.zone(place.zone)}
                {place.asset_id === "" ? "" : ` · ${place.asset_id}`}
              </Text>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
