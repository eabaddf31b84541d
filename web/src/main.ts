/**
 * The page: a light client in this tab, and views of what it verified.
 *
 * Views never fetch from a server. They show what the client hands them and ask the client for more.
 */

import "./style.css";

import { type Epoch, type Head, LightClient } from "@emotionalchain/light-client";

import { findChain, factsOf } from "./chain.ts";
import { part, setText } from "./dom.ts";
import { sentence } from "./format.ts";
import { takeKeys } from "./keys.ts";
import { readParams } from "./params.ts";
import { startTheme } from "./theme.ts";
import { epochsView } from "./views/epochs.ts";
import { headView } from "./views/head.ts";
import { lookupView } from "./views/lookup.ts";
import { peersView } from "./views/peers.ts";
import { recordingView } from "./views/recording.ts";
import { transferView } from "./views/transfer.ts";
import { validatorsView } from "./views/validators.ts";

declare global {
  interface Window {
    /** For tests and the curious. */
    emotionalchain?: { client: LightClient };
  }
}

/** How often times and counts are refreshed that change without an event. */
const TICK_MS = 1_000;

function showError(error: unknown): void {
  const place = part("error");
  setText(place, error === null ? "" : sentence(error));
  place.hidden = error === null;
}

async function start(): Promise<void> {
  const params = readParams(location.search);
  const keys = takeKeys();
  const chain = await findChain(params);
  const facts = factsOf(chain.genesis);
  const client = await LightClient.start({
    chain: chain.genesis,
    bootstrap: chain.bootstrap,
    checkpoint: params.checkpoint,
    storage: params.storage,
    transports: params.transports.length > 0 ? params.transports : undefined,
  });
  window.emotionalchain = { client };

  const heads = headView();
  const peers = peersView();
  const validators = validatorsView(facts);
  const epochs = epochsView(facts);
  let set = "";
  let scored: readonly string[] = [];

  const tick = (): void => {
    if (client.isClosed) return;
    const status = client.status();
    heads.status(status);
    peers.dropped(status.dropped);
    showError(status.error);
  };
  const onHead = ({ detail: head }: CustomEvent<Head>): void => {
    heads.head(head);
    if (set === "") void epochs.earlier(head.epoch, client);
    // Scores, seats and jail change where an epoch closes, and there alone.
    const now = `${head.epoch} ${head.nextValidatorsRoot}`;
    if (now !== set) void validators.refresh(client, scored);
    set = now;
  };
  const onEpoch = ({ detail: epoch }: CustomEvent<Epoch>): void => {
    epochs.epoch(epoch);
    scored = [...new Set([...epoch.scores.map((score) => score.validator), ...epoch.jailed])];
    void validators.refresh(client, scored);
  };

  client.addEventListener("head", onHead);
  client.addEventListener("epoch", onEpoch);
  client.addEventListener("peers", ({ detail }) => peers.peers(detail));
  client.addEventListener("error", tick);
  setInterval(tick, TICK_MS);
  tick();

  transferView(client, keys.faucet);
  lookupView(client);
  if (keys.device) recordingView(client, keys.device);

  // Peers need not wait until they notice. A page that comes back from the browser's cache starts anew.
  addEventListener("pagehide", () => void client.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}

start().catch((error: unknown) => {
  setText(part("state"), "not started");
  showError(error);
});
startTheme();
