/** Closed epochs: who took part, and the means of their open statements where enough contributed. */

import type { Epoch, LightClient } from "@emotionalchain/light-client";

import { formatEmo } from "../amount.ts";
import type { ChainFacts } from "../chain.ts";
import { cell, el, part, type Row, rows, setText, tableRow } from "../dom.ts";
import { heartRate, percent, sentence, short } from "../format.ts";
import { mark } from "../mark.ts";

const SHOWN = 10;
/** Closed epochs that are asked for at the start; later ones come by themselves. */
const EARLIER = 5;

export interface EpochsView {
  epoch(epoch: Epoch): void;
  /** Fetches the epochs that closed before the open one. */
  earlier(open: number, client: LightClient): Promise<void>;
}

export function epochsView(facts: ChainFacts): EpochsView {
  const known = new Map<number, Epoch>();
  const show = rows<Epoch>(part("epochs"), (one) => String(one.epoch), () => epochRow(facts));
  const none = part("epochs-none");
  const epoch = (closed: Epoch): void => {
    known.set(closed.epoch, closed);
    none.hidden = true;
    show([...known.values()].sort((a, b) => b.epoch - a.epoch).slice(0, SHOWN));
  };
  return {
    epoch,
    async earlier(open, client) {
      try {
        for (let at = open - 1; at >= Math.max(0, open - EARLIER); at -= 1) epoch(await client.getEpoch(at));
      } catch (error) {
        // A peer need not keep old epochs: the table is shorter then.
        if (known.size === 0) setText(none, sentence(error));
      }
    },
  };
}

function epochRow(facts: ChainFacts): Row<Epoch> {
  const [number, block, took, wellness, rewards] = [
    cell("Epoch"),
    cell("Closed by block"),
    cell("Took part"),
    cell("Wellness"),
    cell("Rewards"),
  ];
  const element = tableRow({ "data-testid": "epoch-row" }, number, block, took, wellness, rewards);
  let filled = false;
  return {
    element,
    update(epoch) {
      // A closed epoch never changes.
      if (filled) return;
      filled = true;
      element.dataset["epoch"] = String(epoch.epoch);
      setText(number, String(epoch.epoch));
      block.append(String(epoch.height), " ", el("code", { title: epoch.blockId }, short(epoch.blockId)));
      const jailed = epoch.jailed.length === 0 ? "" : `, ${epoch.jailed.length} jailed`;
      setText(took, `${percent(epoch.participationBp)} of ${epoch.seats.length} seats${jailed}`);
      setText(wellness, wellnessText(epoch, facts));
      if (epoch.wellness && facts.simulated.size > 0) wellness.append(" ", mark("simulated"));
      setText(rewards, formatEmo(epoch.rewards.reduce((sum, { amount }) => sum + amount, 0)));
    },
  };
}

function wellnessText({ wellness }: Epoch, facts: ChainFacts): string {
  if (wellness === null) return `absent: fewer than ${facts.wellnessMin} contributors`;
  const { contributors, scoreBp, stress, focus, heartRateCbpm } = wellness;
  const means = `score ${scoreBp}, stress ${stress}, focus ${focus}, heart rate ${heartRate(heartRateCbpm)}`;
  return `${means}; means of ${contributors} contributors`;
}
