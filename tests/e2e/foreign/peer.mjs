// A node of js-libp2p that joins a chain with nothing of this project but its names and its .proto files.

import { gossipsub } from "@libp2p/gossipsub";
import { identify } from "@libp2p/identify";
import { kadDHT, passthroughMapper } from "@libp2p/kad-dht";
import { noise } from "@libp2p/noise";
import { ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { webSockets } from "@libp2p/websockets";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";

import { within } from "../lib/bounded.mjs";
import { sha256 } from "./chain.mjs";
import { answer, emptyStatus } from "./sync.mjs";

const DIAL_MILLISECONDS = 10_000;

/** Starts a node that stops with the test. Without a chain it speaks identify and ping alone. */
export async function startPeer(cleanup, options) {
  const { chain, greeting, muxer = yamux, pubsub = gossip, listen = [], asked = () => {} } = options;
  const ofChain = chain && {
    pubsub: pubsub(),
    // Without the mapper, loopback addresses are dropped from every answer.
    dht: kadDHT({ protocol: chain.name("kad"), clientMode: listen.length === 0, peerInfoMapper: passthroughMapper }),
  };
  const peer = await createLibp2p({
    addresses: { listen },
    transports: [tcp(), webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [muxer()],
    nodeInfo: { userAgent: "foreign-peer/1.0" },
    // No dials but those of the test.
    connectionManager: { reconnectRetries: 0 },
    services: { identify: greet(greeting), ping: ping(), ...ofChain },
  });
  cleanup.add(() => peer.stop());
  if (chain) await answer(peer, chain, emptyStatus(chain), asked);
  return peer;
}

/**
 * Identify with a greeting. js-libp2p makes the greeting and the name of the protocol itself from one prefix, and a
 * node of another protocol name is a node without identify; so the greeting alone is set.
 */
function greet(greeting) {
  return (components) => {
    const service = identify()(components);
    if (greeting) service.host.protocolVersion = greeting;
    return service;
  };
}

/** Gossip by the chain's rules: no author, and the same ids as everybody. */
function gossip() {
  return gossipsub({
    globalSignaturePolicy: "StrictNoSign",
    msgIdFn: ({ topic, data }) => sha256(topic, Buffer.of(0), data),
    fallbackToFloodsub: false,
  });
}

/** Dials a validator; returns the connection. */
export function dial(peer, address) {
  return peer.dial(multiaddr(address), { signal: AbortSignal.timeout(DIAL_MILLISECONDS) });
}

/** What a peer says of itself in identify, which both ends begin by themselves once they are connected. */
export async function introduced(peer, connect) {
  const said = new Promise((resolve) => {
    peer.addEventListener("peer:identify", ({ detail }) => resolve(detail), { once: true });
  });
  const connection = await connect();
  return { connection, said: await within(DIAL_MILLISECONDS, "identify", said) };
}

/** Waits until the other end has closed a connection. */
export async function closed(connection, milliseconds) {
  if (connection.status !== "open") return;
  const event = new Promise((resolve) => connection.addEventListener("close", resolve, { once: true }));
  await within(milliseconds, "the connection is closed", event);
}
