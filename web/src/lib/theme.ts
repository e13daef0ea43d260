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
  };
  follow();
  theme.watch(follow);
}
