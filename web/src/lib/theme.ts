// Light or dark: as the system has it, or as somebody chose in this browser.
import { stored } from "./stored";

export const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

export const theme = stored<Theme>("carevia-theme", (given) => THEMES.find((one) => one === given) ?? "system");

/** From now on the page looks as chosen. */
export function followTheme(): void {
  const follow = () => {
    const chosen = theme.read();
    if (chosen === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    // The browser's own bar, which knows only media.
    for (const bar of document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]")) {
      const { of } = bar.dataset;
      bar.media = chosen === "system" ? `(prefers-color-scheme: ${of})` : chosen === of ? "all" : "not all";
    }
  };
  follow();
  theme.watch(follow);
}
