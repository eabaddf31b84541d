/** Peers, and those that were left with the reason. */

import type { DroppedPeer, Peer } from "@emotionalchain/light-client";

import { cell, el, part, type Row, rows, setAttribute, setText, tableRow } from "../dom.ts";
import { duration, short } from "../format.ts";
import { mark } from "../mark.ts";

export interface PeersView {
  peers(peers: readonly Peer[]): void;
  dropped(dropped: readonly DroppedPeer[]): void;
}

export function peersView(): PeersView {
  const showPeers = rows<Peer>(part("peers"), (peer) => peer.peerId, peerRow);
  const showDropped = rows<DroppedPeer>(part("dropped"), (peer) => `${peer.peerId} ${peer.atMs} ${peer.code}`, droppedRow);
  const none = part("peers-none");
  const droppedTable = part("dropped-table");
  return {
    peers(peers) {
      none.hidden = peers.length > 0;
      showPeers(peers);
    },
    dropped(dropped) {
      droppedTable.hidden = dropped.length === 0;
      showDropped(dropped.toReversed());
    },
  };
}

function peerRow(peer: Peer): Row<Peer> {
  const name = cell("Peer");
  name.append(el("code", {}, short(peer.peerId)));
  const [transport, state, rtt, head] = [cell("Transport"), cell("State"), cell("Round trip"), cell("Says it has")];
  const [block, told] = [el("span"), mark("reported")];
  head.append(block, told);
  const element = tableRow({ "data-testid": "peer-row", "data-peer": peer.peerId }, name, transport, state, rtt, head);
  return {
    element,
    update(now) {
      setAttribute(name, "title", now.address);
      setText(transport, now.transport);
      setText(state, now.state);
      setText(rtt, now.rttMs === null ? "–" : duration(now.rttMs));
      setText(block, now.reportedHead === null ? "–" : `block ${now.reportedHead} `);
      told.hidden = now.reportedHead === null;
      setAttribute(element, "data-transport", now.transport);
      setAttribute(element, "data-state", now.state);
    },
  };
}

function droppedRow(peer: DroppedPeer): Row<DroppedPeer> {
  const name = cell("Peer");
  name.append(el("code", { title: peer.peerId }, short(peer.peerId)));
  const code = cell("Reason");
  code.append(el("code", {}, peer.code), ` ${peer.message}`);
  const when = cell("Since");
  const attributes = { "data-testid": "dropped-row", "data-code": peer.code, "data-peer": peer.peerId };
  return {
    element: tableRow(attributes, name, code, when),
    update: (now) => setText(when, duration(Math.max(0, Date.now() - now.atMs))),
  };
}
