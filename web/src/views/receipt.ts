/**
 * A receipt opened step by step: each hash of its Merkle path, computed anew in this page from the two it is made of,
 * and at last the root beside the one in the verified header.
 */

import { type LightClient, type Receipt, verifyReceipt } from "@emotionalchain/light-client";

import { el } from "../dom.ts";
import { mark } from "../mark.ts";

/** Shows a receipt in a place of the page; what was there goes. */
export async function showReceipt(place: HTMLElement, client: LightClient, receipt: Receipt): Promise<void> {
  const [check, header] = await Promise.all([verifyReceipt(receipt), client.getHeader(receipt.height)]);
  const field = receipt.kind === "transaction" ? "transactionsRoot" : "votesRoot";
  const inHeader = header[field];
  const steps = [
    step("The item's bytes, with 00 before them, are hashed.", true, [
      ["item", receipt.leaf],
      ["hash", check.leafHash],
    ]),
    ...check.steps.map((one, at) =>
      step(`Level ${at + 1}: left and right, with 01 before them, are hashed.`, one.ok, [
        [one.sibling === "left" ? "left, from the proof" : "left, from above", one.left],
        [one.sibling === "right" ? "right, from the proof" : "right, from above", one.right],
        ["hash", one.hash],
      ]),
    ),
    step(
      `The last hash is the root in the verified header of block ${header.height}.`,
      check.rootMatches && check.lengthMatches && check.root === inHeader && header.id === receipt.blockId,
      [
        ["last hash", check.root],
        [field, inHeader],
      ],
    ),
  ];
  const good = check.ok && steps.every((one) => one.dataset["ok"] === "true");
  const list = el("ol", { class: "steps" }, ...steps);
  const summary = el(
    "p",
    {},
    good ? mark("verified") : el("strong", {}, "This receipt does not hold."),
    ` ${receipt.kind} `,
    el("code", { "data-testid": "receipt-id" }, receipt.id),
    ` is item ${receipt.index + 1} of ${receipt.count} in block `,
    el("strong", { "data-testid": "receipt-height" }, String(receipt.height)),
    `, ${new Date(receipt.timeMs).toLocaleString()}.`,
  );
  const box = el("div", { class: "receipt", "data-testid": "receipt", "data-ok": String(good) }, summary, list);
  box.dataset["id"] = receipt.id;
  place.replaceChildren(box);
}

function step(title: string, ok: boolean, hashes: [string, string][]): HTMLLIElement {
  const tick = el("span", { class: ok ? "tick" : "cross" }, ok ? "✓ holds" : "✗ does not hold");
  const list = el("dl", {});
  for (const [name, hash] of hashes) list.append(el("dt", {}, name), el("dd", {}, el("code", {}, hash)));
  return el("li", { "data-testid": "proof-step", "data-ok": String(ok) }, el("p", {}, `${title} `, tick), list);
}
