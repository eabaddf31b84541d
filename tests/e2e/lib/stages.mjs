// The texts that an element shows one after another, however short the time.

import { byId } from "./page.mjs";

/** Starts to note them. */
export function watchStages(page, id) {
  return page.evaluate(({ id, selector }) => {
    const shown = ((window.shownStages ??= {})[id] = []);
    const note = () => {
      const text = document.querySelector(selector)?.textContent?.trim();
      if (text && shown.at(-1) !== text) shown.push(text);
    };
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
    note();
  }, { id, selector: byId(id) });
}

/** What was noted so far. */
export function stagesOf(page, id) {
  return page.evaluate((id) => window.shownStages[id], id);
}
