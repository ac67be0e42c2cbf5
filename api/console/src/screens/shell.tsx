// SPDX-License-Identifier: Apache-2.0
/** The frame around every screen: where to go, whether we are live, who sits here. */

import { lazy, Suspense, useEffect, useState } from "react";
import { Button } from "react-aria-components";
import { useTexts, type TextId } from "../i18n/language";
import { mayTakeCalls } from "../logic/acts";
import type { Route } from "../logic/route";
import { go, hrefOf, useAddress } from "../ui/address";
import { useHouse, useRows } from "../ui/house";
import { useKeys } from "../ui/keys";
import { LineMark } from "../ui/line";
import { LanguageSwitch, ThemeSwitch } from "../ui/switches";
import { useTheme } from "../ui/theme";
import { Weir } from "../ui/weir";
import { AlarmLine } from "./alarm";
import { Help } from "./help";
import { Queue } from "./queue/queue";

const CallScreen = lazy(async () => ({ default: (await import("./call/call")).CallScreen }));
const IncidentScreen = lazy(async () => ({ default: (await import("./incident/incident")).IncidentScreen }));
const TeamsScreen = lazy(async () => ({ default: (await import("./teams/teams")).TeamsScreen }));
const Palette = lazy(async () => ({ default: (await import("./palette")).Palette }));

const TABS: readonly { route: Route; text: TextId; key: string }[] = [
  { route: { screen: "queue" }, text: "nav.queue", key: "q" },
  { route: { screen: "call" }, text: "nav.call", key: "c" },
  { route: { screen: "teams" }, text: "nav.teams", key: "t" },
];

type Over = "nothing" | "palette" | "help";

export function Shell() {
  const { t, coded } = useTexts();
  const { session, hub, signOut } = useHouse();
  const { rows } = useRows();
  const { route, filters } = useAddress();
  const [theme, setTheme] = useTheme();
  const [over, setOver] = useState<Over>("nothing");
  const calls = mayTakeCalls(session.roles);

  useEffect(() => {
    hub.watch(filters);
  }, [hub, filters]);
  useEffect(() => {
    const nudge = () => {
      hub.nudge();
    };
    window.addEventListener("online", nudge);
    document.addEventListener("visibilitychange", nudge);
    return () => {
      window.removeEventListener("online", nudge);
      document.removeEventListener("visibilitychange", nudge);
      hub.stop();
    };
  }, [hub]);

  useKeys({
    ...(calls
      ? {
          c: () => {
            go({ screen: "call" });
          },
        }
      : {}),
    q: () => {
      go({ screen: "queue" });
    },
    t: () => {
      go({ screen: "teams" });
    },
    "?": () => {
      setOver("help");
    },
    "Ctrl+k": () => {
      setOver("palette");
    },
  });
  const close = () => {
    setOver("nothing");
  };
  const here = route.screen === "incident" ? "queue" : route.screen;

  return (
    <div className="shell">
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById("main")?.focus();
        }}
      >
        {t("app.skip")}
      </a>
      <header className="top">
        <span className="brand">
          <Weir />
          <span>{t("app.name")}</span>
        </span>
        <nav aria-label={t("nav.label")}>
          {TABS.filter((tab) => calls || tab.route.screen !== "call").map((tab) => (
            <a
              key={tab.key}
              href={hrefOf(tab.route, filters)}
              aria-current={here === tab.route.screen ? "page" : undefined}
            >
              {t(tab.text)} <kbd aria-hidden="true">{tab.key}</kbd>
            </a>
          ))}
        </nav>
        <span className={`mode m-${rows.mode}`}>{t("mode.label", { mode: coded("mode.", rows.mode) })}</span>
        <LineMark />
        <Button
          className="button plain"
          onPress={() => {
            setOver("palette");
          }}
        >
          <span className="hidden">{t("palette.open")}</span>
          <kbd>Ctrl K</kbd>
        </Button>
        <Button
          className="button plain"
          onPress={() => {
            setOver("help");
          }}
        >
          <span className="hidden">{t("help.title")}</span>
          <kbd>?</kbd>
        </Button>
        <ThemeSwitch theme={theme} change={setTheme} />
        <LanguageSwitch />
        <span className="seat" title={session.roles.join(", ")}>
          <span className="hidden">{t("user.menu", { name: session.subject })}</span>
          <span aria-hidden="true">{session.subject}</span>
        </span>
        <Button className="button plain" onPress={signOut}>
          {t("user.signout")}
        </Button>
      </header>
      <AlarmLine />
      {/* The teams hold nothing to press: whoever has no pointer scrolls the screen itself. */}
      <main id="main" tabIndex={route.screen === "teams" ? 0 : -1} className={`screen on-${route.screen}`}>
        {here === "queue" ? <Queue openId={route.screen === "incident" ? route.id : ""} /> : null}
        <Suspense fallback={<p className="asking">{t("common.loading")}</p>}>
          {route.screen === "incident" ? <IncidentScreen key={route.id} id={route.id} act={route.act} /> : null}
          {route.screen === "call" && calls ? <CallScreen /> : null}
          {route.screen === "teams" ? <TeamsScreen /> : null}
        </Suspense>
      </main>
      {over === "help" ? <Help onClose={close} /> : null}
      {over === "palette" ? (
        <Suspense>
          <Palette
            onClose={close}
            onHelp={() => {
              setOver("help");
            }}
            changeTheme={setTheme}
          />
        </Suspense>
      ) : null}
    </div>
  );
}
