// SPDX-License-Identifier: Apache-2.0
/** Ctrl-K: go anywhere or do anything by typing; digits alone mean an incident's number, and
 * "assign 14 to Engine 3" opens the assign dialog with that team chosen. */

import { useState } from "react";
import { Autocomplete, Input, Menu, MenuItem, SearchField, useFilter } from "react-aria-components";
import type { IncidentPage } from "../api/types";
import { useLanguage, useTexts } from "../i18n/language";
import { may, mayTakeCalls } from "../logic/acts";
import { assignAct, completions, parseAssign } from "../logic/command";
import { go } from "../ui/address";
import { useHouse } from "../ui/house";
import { isProblem, problemText } from "../ui/problem";
import { THEMES, type Theme } from "../ui/theme";
import { Window } from "../ui/window";

interface Command {
  id: string;
  text: string;
  run: () => void;
}

/** Teams offered at once: what is read at a glance. */
const MOST_TEAMS = 8;

interface PaletteProps {
  onClose: () => void;
  onHelp: () => void;
  changeTheme: (theme: Theme) => void;
}

export function Palette({ onClose, onHelp, changeTheme }: PaletteProps) {
  const texts = useTexts();
  const { t, named } = texts;
  const { language, change } = useLanguage();
  const { client, hub, session, signOut } = useHouse();
  const { contains } = useFilter({ sensitivity: "base" });
  const [typed, setTyped] = useState("");
  const [trouble, setTrouble] = useState("");
  const line = may(session.roles, "assign") ? parseAssign(typed) : null;
  const number = line?.number ?? /^\s*#?(\d+)\s*$/.exec(typed)?.[1];
  const knownAs = (wanted: string) => [...hub.rows.incidents.values()].find((row) => row.number === Number(wanted));
  const target = line === null ? undefined : knownAs(line.number);

  const openNumber = async (wanted: string) => {
    try {
      const page = knownAs(wanted) ?? (await client.get<IncidentPage>("/v1/incidents", { number: wanted })).items[0];
      if (page === undefined) {
        setTrouble(t("palette.missing", { number: wanted }));
        return;
      }
      onClose();
      go({ screen: "incident", id: page.id, act: "" });
    } catch (fault) {
      if (!isProblem(fault)) throw fault;
      setTrouble(problemText(fault, texts));
    }
  };

  const commands: Command[] = [
    {
      id: "queue",
      text: t("nav.queue"),
      run: () => {
        go({ screen: "queue" });
      },
    },
    ...(mayTakeCalls(session.roles)
      ? [
          {
            id: "call",
            text: t("nav.call"),
            run: () => {
              go({ screen: "call" });
            },
          },
        ]
      : []),
    {
      id: "teams",
      text: t("nav.teams"),
      run: () => {
        go({ screen: "teams" });
      },
    },
    {
      id: "language",
      text: t("language.switch"),
      run: () => {
        change(language === "en" ? "zh" : "en");
      },
    },
    ...THEMES.map((theme) => ({
      id: theme,
      text: `${t("theme.label")}: ${t(`theme.${theme}`)}`,
      run: () => {
        changeTheme(theme);
      },
    })),
    { id: "help", text: t("help.title"), run: onHelp },
    { id: "signout", text: t("user.signout"), run: signOut },
  ];
  const assignments: Command[] =
    line === null || target === undefined
      ? []
      : completions(line.team, hub.rows.teams.values(), target, MOST_TEAMS).map((team) => ({
          id: assignAct(team.id),
          text: t("palette.assign", { team: named(team), number: line.number }),
          run: () => {
            go({ screen: "incident", id: target.id, act: assignAct(team.id) });
          },
        }));
  const lookedUp =
    number === undefined
      ? commands.filter((command) => contains(command.text, typed.trim()))
      : [{ id: "number", text: t("palette.incident", { number }), run: () => undefined }];
  const shown = target === undefined ? lookedUp : assignments;

  return (
    <Window title={t("palette.title")} onClose={onClose}>
      <Autocomplete inputValue={typed} onInputChange={setTyped} disableAutoFocusFirst={false}>
        <SearchField aria-label={t("palette.hint")} autoFocus className="field">
          <Input className="input" placeholder={t("palette.hint")} />
        </SearchField>
        {may(session.roles, "assign") ? <p className="quiet small">{t("palette.example")}</p> : null}
        {trouble === "" ? null : (
          <p className="fault" role="alert">
            {trouble}
          </p>
        )}
        <Menu
          className="list"
          aria-label={t("palette.open")}
          items={shown}
          renderEmptyState={() => <p className="quiet">{t("palette.none")}</p>}
          onAction={(id) => {
            if (id === "number" && number !== undefined) {
              void openNumber(number);
              return;
            }
            const command = shown.find((one) => one.id === id);
            onClose();
            command?.run();
          }}
        >
          {(command) => (
            <MenuItem className="option" id={command.id} textValue={command.text}>
              {command.text}
            </MenuItem>
          )}
        </Menu>
      </Autocomplete>
    </Window>
  );
}
