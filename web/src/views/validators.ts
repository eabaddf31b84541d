/** Validators with their scores: who is seated, who has a score without a seat. */

import type { LightClient, Validator } from "@emotionalchain/light-client";

import type { ChainFacts } from "../chain.ts";
import { cell, el, part, type Row, rows, setAttribute, setText, tableRow } from "../dom.ts";
import { percent, sentence, short } from "../format.ts";
import { mark } from "../mark.ts";

/** Validators without a seat that are looked up: a bound on questions to peers. */
const MOST_OTHERS = 64;

export interface ValidatorsView {
  /** Asks for the set again. `others` are validators that may have no seat. */
  refresh(client: LightClient, others: readonly string[]): Promise<void>;
}

export function validatorsView(facts: ChainFacts): ValidatorsView {
  const show = rows<Validator>(part("validators"), (one) => one.address, (one) => validatorRow(one.address, facts));
  const note = part("validators-note");
  let asking = new AbortController();

  return {
    async refresh(client, others) {
      asking.abort();
      asking = new AbortController();
      const { signal } = asking;
      try {
        const set = await client.getValidators({ signal });
        const seated = new Set(set.seats.map((seat) => seat.address));
        const unseated = others.filter((address) => !seated.has(address)).slice(0, MOST_OTHERS);
        const found = await Promise.all(unseated.map((address) => client.getValidator(address, { signal })));
        show([...set.seats, ...found.filter((one) => one !== undefined)]);
        setText(note, `${set.seats.length} seats sign the block after ${set.height}.`);
      } catch (error) {
        if (!signal.aborted) setText(note, sentence(error));
      }
    },
  };
}

function validatorRow(address: string, facts: ChainFacts): Row<Validator> {
  const score = el("span", { class: "number" });
  const meter = el("meter", { min: "0", max: "10000", "aria-label": `score of ${short(address)}` });
  const scoreCell = cell("Score", { class: "score" });
  scoreCell.append(meter, score);
  if (facts.simulated.has(address)) scoreCell.append(mark("simulated"));
  const state = cell("Standing");
  const epoch = cell("Last vote");
  const name = cell("Validator");
  name.append(el("code", { title: address }, short(address)));
  const element = tableRow({ "data-testid": "validator-row", "data-address": address }, name, scoreCell, state, epoch);
  return {
    element,
    update(one) {
      setText(score, one.scoreBp === null ? "none yet" : String(one.scoreBp));
      meter.value = one.scoreBp ?? 0;
      setText(state, standing(one));
      setText(epoch, one.votedEpoch === null ? "none" : `epoch ${one.votedEpoch}`);
      setAttribute(element, "data-seated", String(one.seated));
      setAttribute(element, "data-jailed", String(one.jailed));
      setAttribute(scoreCell, "title", one.scoreBp === null ? "" : percent(one.scoreBp));
    },
  };
}

function standing(one: Validator): string {
  if (one.tombstoned) return "removed for good";
  const words = [one.seated ? "seated" : "no seat"];
  if (one.jailed) words.push("jailed");
  if (one.unbonding) words.push("leaving");
  return words.join(", ");
}
