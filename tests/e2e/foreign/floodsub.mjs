// Floodsub of js-libp2p for anonymous messages.
//
// The package publishes them, but drops every received one that has no author (floodsub.js, "missing from"), whatever
// its signature policy is. What it drops is handed to its own processing here; the rest stays as it is.

import { floodsub } from "@libp2p/floodsub";

export function anonymousFloodsub() {
  return (components) => {
    const service = floodsub({ globalSignaturePolicy: "StrictNoSign" })(components);
    const addPeer = service.addPeer.bind(service);
    const listening = new WeakSet();
    service.addPeer = (peerId, stream) => {
      const streams = addPeer(peerId, stream);
      if (!listening.has(streams)) {
        listening.add(streams);
        streams.addEventListener("message", ({ detail }) => {
          for (const { from, topic, data } of detail.messages ?? []) {
            if (!from && topic && data) service.processMessage(peerId, { type: "unsigned", topic, data });
          }
        });
      }
      return streams;
    };
    return service;
  };
}
