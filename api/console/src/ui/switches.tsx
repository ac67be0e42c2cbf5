// SPDX-License-Identifier: Apache-2.0
import { Button, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useLanguage, useTexts } from "../i18n/language";
import { THEMES, type Theme } from "./theme";

/** Names the other language in that language: the one word its reader is sure to know. */
export function LanguageSwitch() {
  const { language, change } = useLanguage();
  const { t } = useTexts();
  const other = language === "en" ? "zh" : "en";
  return (
    <Button
      className="button plain"
      onPress={() => {
        change(other);
      }}
    >
      <span lang={other === "zh" ? "zh-CN" : "en"}>{t("language.switch")}</span>
    </Button>
  );
}

const GLYPHS: Readonly<Record<Theme, string>> = {
  system: "M3 4h14v9H3zM7 16h6M10 13v3",
  light:
    "M10 6.500a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7M10 1.500v2M10 16.500v2M1.500 10h2M16.500 10h2M4 4l1.400 1.400M14.600 14.600 16 16M4 16l1.400-1.400M14.600 5.400 16 4",
  dark: "M15.500 12.500A6.500 6.500 0 0 1 7.500 4.500a6.500 6.500 0 1 0 8 8Z",
};

export function ThemeSwitch({ theme, change }: { theme: Theme; change: (theme: Theme) => void }) {
  const { t } = useTexts();
  return (
    <ToggleButtonGroup
      className="segments"
      aria-label={t("theme.label")}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[theme]}
      onSelectionChange={(keys) => {
        const next = THEMES.find((one) => keys.has(one));
        if (next !== undefined) change(next);
      }}
    >
      {THEMES.map((one) => (
        <ToggleButton key={one} id={one} aria-label={t(`theme.${one}`)} className="segment">
          <svg viewBox="0 0 20 20" aria-hidden="true" className="glyph">
            <path d={GLYPHS[one]} />
          </svg>
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
