// SPDX-License-Identifier: Apache-2.0
/** The console's language: a switch, two catalogues, and typed texts (a missing id does not compile). */

import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { I18nProvider } from "react-aria-components";
import { IntlProvider, useIntl } from "react-intl";
import { ageParts } from "../logic/ages";
import en from "./en.json";
import zh from "./zh.json";

export type TextId = keyof typeof en;
export type Language = "en" | "zh";
type Values = Record<string, string | number>;

/** Every text of both languages; the compiler keeps their ids the same. */
export const CATALOGUES: Readonly<Record<Language, Record<TextId, string>>> = { en, zh };

/** The full tag decides on the browser's glyphs (simplified characters) and number formats. */
const TAG: Readonly<Record<Language, string>> = { en: "en-GB", zh: "zh-CN" };
const STORE = "weirhouse.language";

interface LanguageValue {
  language: Language;
  change: (language: Language) => void;
}

const LanguageContext = createContext<LanguageValue>({ language: "en", change: () => undefined });

function firstLanguage(): Language {
  const kept = localStorage.getItem(STORE);
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export function LanguageProvider({ children, start }: { children: ReactNode; start?: Language }) {
  const [language, setLanguage] = useState<Language>(() => start ?? firstLanguage());
  useEffect(() => {
    document.documentElement.lang = TAG[language];
  }, [language]);
  const change = useCallback((next: Language) => {
    localStorage.setItem(STORE, next);
    setLanguage(next);
  }, []);
  const value = useMemo(() => ({ language, change }), [language, change]);
  return (
    <LanguageContext value={value}>
      <I18nProvider locale={language === "zh" ? "zh-CN" : "en-US"}>
        <IntlProvider locale={TAG[language]} messages={CATALOGUES[language]}>
          {children}
        </IntlProvider>
      </I18nProvider>
    </LanguageContext>
  );
}

export function useLanguage(): LanguageValue {
  return useContext(LanguageContext);
}

export interface Texts {
  language: Language;
  t: (id: TextId, values?: Values) => string;
  /** The text of `prefix` + `code`, or `fallback` for a code that the catalogue does not know. */
  coded: (prefix: string, code: string, fallback?: string) => string;
  /** A row's name in the language of the seat. */
  named: (row: { name_en: string; name_zh: string }) => string;
  labelled: (row: { label_en: string; label_zh: string }) => string;
  age: (seconds: number) => string;
  number: (value: number, digits?: number) => string;
  clock: (instant: string) => string;
}

export function useTexts(): Texts {
  const intl = useIntl();
  const { language } = useLanguage();
  return useMemo(() => {
    const t = (id: TextId, values?: Values) => intl.formatMessage({ id }, values);
    const isId = (id: string): id is TextId => Object.hasOwn(en, id);
    return {
      language,
      t,
      coded: (prefix, code, fallback) => (isId(prefix + code) ? t((prefix + code) as TextId) : (fallback ?? code)),
      named: (row) => (language === "zh" ? row.name_zh || row.name_en : row.name_en || row.name_zh),
      labelled: (row) => (language === "zh" ? row.label_zh || row.label_en : row.label_en || row.label_zh),
      age: (seconds) => {
        const { unit, count, rest } = ageParts(seconds);
        if (unit === "hour" && rest > 0) return t("age.hourRest", { count, rest });
        if (unit === "day" && rest > 0) return t("age.dayRest", { count, rest });
        return t(`age.${unit}`, { count });
      },
      number: (value, digits = 0) => intl.formatNumber(value, { maximumFractionDigits: digits }),
      clock: (instant) =>
        intl.formatDate(instant, {
          ...(new Date(instant).toDateString() === new Date().toDateString() ? {} : { month: "short", day: "numeric" }),
          hour: "2-digit",
          minute: "2-digit",
          second: "2-digit",
          hourCycle: "h23",
        }),
    };
  }, [intl, language]);
}
