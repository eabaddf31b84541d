/** Where a submission stands, in one word for programs and one sentence for people. */

import type { LightClient, Submission } from "@emotionalchain/light-client";

import { el, part, setText } from "../dom.ts";
import { duration, sentence } from "../format.ts";
import { mark } from "../mark.ts";
import { showReceipt } from "./receipt.ts";

export interface StageView {
  set(stage: string, ...more: (Node | string)[]): void;
  failed(error: unknown): void;
  /** Signs, sends, and shows each stage as it comes; resolves when it is over. */
  follow(
    client: LightClient,
    sign: () => Promise<Uint8Array>,
    send: (signed: Uint8Array) => Submission<{ acceptedBy: string[] }>,
  ): Promise<void>;
}

/** @param name - the page has `NAME-stage`, `NAME-note`, `NAME-timeline` and `NAME-receipt` */
export function stageView(name: string): StageView {
  const stage = part(`${name}-stage`);
  const note = part(`${name}-note`);
  const receipt = part(`${name}-receipt`);
  const timeline = part(`${name}-timeline`);
  const set = (word: string, ...more: (Node | string)[]): void => {
    setText(stage, word);
    stage.dataset["stage"] = word;
    note.replaceChildren(...more);
  };
  const failed = (error: unknown): void => set("failed", sentence(error));
  return {
    set,
    failed,
    async follow(client, sign, send) {
      receipt.replaceChildren();
      timeline.replaceChildren();
      const started = performance.now();
      const passed = (word: string): void => {
        const after = duration(performance.now() - started);
        timeline.append(el("li", { "data-stage": word }, `${word} after ${after}`));
      };
      try {
        set("signing");
        const signed = await sign();
        passed("signed");
        set("sending");
        const submission = send(signed);
        const { acceptedBy } = await submission.accepted;
        passed("accepted");
        const peers = acceptedBy.length === 1 ? "one peer" : `${acceptedBy.length} peers`;
        set("accepted", el("span", {}, mark("reported"), ` by ${peers}; now it waits for a block.`));
        const included = await submission;
        passed("included");
        await showReceipt(receipt, client, included);
        set("included", el("span", {}, mark("verified"), ` in block ${included.height}.`));
      } catch (error) {
        failed(error);
      }
    },
  };
}
