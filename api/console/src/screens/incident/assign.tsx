// SPDX-License-Identifier: Apache-2.0
/** Choosing teams by typing, arrows and Enter; those who are free first, the nearest of them before the others. */

import { useMemo, useState, type KeyboardEvent } from "react";
import {
  Autocomplete,
  Button,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  SearchField,
  TextField,
  useFilter,
} from "react-aria-components";
import type { Incident } from "../../api/types";
import { useTexts } from "../../i18n/language";
import { teamChoices } from "../../logic/acts";
import { useNames, useRows } from "../../ui/house";
import { TeamStateMark } from "../../ui/marks";
import { Window } from "../../ui/window";

interface AssignDialogProps {
  incident: Incident;
  /** Chosen from the start, as long as it is free. */
  team?: string;
  onClose: () => void;
  onAssign: (teamIds: string[], reason: string) => void;
}

export function AssignDialog({ incident, team: wanted = "", onClose, onAssign }: AssignDialogProps) {
  const { t, named, coded, number } = useTexts();
  const feed = useRows();
  const names = useNames();
  const { contains } = useFilter({ sensitivity: "base" });
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const choices = useMemo(() => {
    return teamChoices(feed.rows.teams.values(), incident).map((choice) => ({ id: choice.team.id, ...choice }));
  }, [feed, incident]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(
    () => new Set(choices.filter(({ id, free }) => free && id === wanted).map(({ id }) => id)),
  );
  const shown = choices.filter(({ team }) =>
    [team.name_en, team.name_zh, team.id, coded("kind.", team.kind), ...team.skills].some((text) =>
      contains(text, typed.trim()),
    ),
  );
  const busy = choices.filter(({ free }) => !free).map(({ id }) => id);
  const toggle = (id: string) => {
    setChosen((before) => new Set(before.has(id) ? [...before].filter((one) => one !== id) : [...before, id]));
  };
  const send = () => {
    if (chosen.size > 0) onAssign([...chosen], reason.trim());
  };

  // Enter chooses the marked team, or the first that fits: the list marks it only half a second after the
  // last key, and who types faster means that one too. Ctrl-Enter sends, wherever the focus is.
  const onEnter = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
    const field = event.target;
    if (event.ctrlKey || event.metaKey) send();
    else if (field instanceof HTMLInputElement && field.type === "search") {
      const marked = document.getElementById(field.getAttribute("aria-activedescendant") ?? "")?.dataset["key"];
      const fitting = shown.find(({ id, free }) => free && (marked === undefined || id === marked));
      if (fitting !== undefined) toggle(fitting.id);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <Window title={t("assign.title", { number: String(incident.number) })} onClose={onClose} wide>
      <div className="assign" onKeyDownCapture={onEnter}>
        <Autocomplete inputValue={typed} onInputChange={setTyped}>
          <SearchField aria-label={t("assign.search")} className="field" autoFocus>
            <Input className="input" placeholder={t("assign.search")} />
          </SearchField>
          <div className="teams-scroll" role="group" aria-label={t("incident.teams")} tabIndex={0}>
            <ListBox
              className="list teams-list"
              aria-label={t("incident.teams")}
              items={shown}
              selectionMode="multiple"
              selectedKeys={chosen}
              disabledKeys={busy}
              onSelectionChange={(keys) => {
                setChosen(keys === "all" ? new Set(shown.map(({ id }) => id)) : new Set([...keys].map(String)));
              }}
              renderEmptyState={() => <p className="quiet">{t("assign.none")}</p>}
            >
              {({ team, distance }) => (
                <ListBoxItem id={team.id} textValue={named(team)} className="option team-option">
                  <span className="name">{named(team)}</span>
                  <span className="quiet small">
                    {coded("kind.", team.kind)} · {names.zone(team.zone)}
                  </span>
                  <span className="km">
                    {distance === null ? "" : t("assign.km", { km: number(distance / 1000, 1) })}
                  </span>
                  <TeamStateMark state={team.state} />
                </ListBoxItem>
              )}
            </ListBox>
          </div>
        </Autocomplete>
        <TextField className="field" value={reason} onChange={setReason} maxLength={500}>
          <Label>{t("act.reason")}</Label>
          <Input className="input" />
        </TextField>
        <div className="acts end">
          <Button className="button" onPress={onClose}>
            {t("common.cancel")}
          </Button>
          <Button className="button primary" isDisabled={chosen.size === 0} onPress={send}>
            {t("assign.send", { count: chosen.size })} <kbd>Ctrl Enter</kbd>
          </Button>
        </div>
      </div>
    </Window>
  );
}
