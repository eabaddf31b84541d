// Topics as a foreign peer hears them.

import assert from "node:assert/strict";

import { until, within } from "../lib/bounded.mjs";
import { decode } from "./schema.mjs";

/** Exchanging subscriptions, and some heights of consensus. */
const HEARD_MILLISECONDS = 20_000;

/** Subscribes to a topic and waits until this many peers are known to hear it. */
export async function join(peer, topic, least = 1) {
  const { pubsub } = peer.services;
  pubsub.subscribe(topic);
  const heard = await until(HEARD_MILLISECONDS, () => pubsub.getSubscribers(topic).length >= least);
  assert.ok(heard, `fewer than ${least} subscribers of ${topic}`);
}

/** Resolves with what `find` makes of a decoded message of the topic, for the first for which it makes something. */
export function hear(peer, topic, type, find) {
  const { pubsub } = peer.services;
  let listener;
  const found = new Promise((resolve, reject) => {
    listener = ({ detail }) => {
      if (detail.topic !== topic) return;
      try {
        assert.equal(detail.type, "unsigned");
        const result = find(decode(type, detail.data));
        if (result) resolve(result);
      } catch (error) {
        reject(error);
      }
    };
    pubsub.addEventListener("message", listener);
  });
  return within(HEARD_MILLISECONDS, `a ${type} that is looked for`, found).finally(() => {
    pubsub.removeEventListener("message", listener);
  });
}
