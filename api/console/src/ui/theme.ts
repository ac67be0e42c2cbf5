// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useState } from "react";

export type Theme = "system" | "light" | "dark";
const STORE = "weirhouse.theme";
export const THEMES: readonly Theme[] = ["system", "light", "dark"];

function kept(): Theme {
  const theme = localStorage.getItem(STORE);
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** Light or dark: the system's wish until a person says otherwise on this machine. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(kept);
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  const change = useCallback((next: Theme) => {
    localStorage.setItem(STORE, next);
    setTheme(next);
  }, []);
  return [theme, change];
}
