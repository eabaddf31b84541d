/** Light or dark: what the system says, until the button is pressed. */

import { part, setText } from "./dom.ts";

const KEY = "emotionalchain-theme";

export function startTheme(): void {
  const button = part<HTMLButtonElement>("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let chosen = localStorage.getItem(KEY);
  const show = (): void => {
    const theme = chosen ?? (dark.matches ? "dark" : "light");
    document.documentElement.dataset["theme"] = theme;
    setText(button, theme === "dark" ? "Light colours" : "Dark colours");
  };
  button.addEventListener("click", () => {
    chosen = document.documentElement.dataset["theme"] === "dark" ? "light" : "dark";
    localStorage.setItem(KEY, chosen);
    show();
  });
  dark.addEventListener("change", show);
  show();
}
