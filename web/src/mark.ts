/**
 * The three marks. Everything that the page shows of the chain carries one.
 *
 * - verified: this page checked it against certificates of the validators.
 * - reported: a peer says so.
 * - simulated: it comes from a recording, replayed by a device that is enrolled as simulated.
 */

import { el } from "./dom.ts";

export type Mark = "verified" | "reported" | "simulated";

export function mark(kind: Mark): HTMLElement {
  return el("span", { class: `mark ${kind}` }, kind);
}
