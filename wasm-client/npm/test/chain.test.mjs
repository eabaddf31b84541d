import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import test from "node:test";

import { chainText, nodeChain } from "../dist/chain.js";
import { AbortedError, ConfigError, ConnectionError } from "../dist/index.js";

const FILES = {
  "/light.json": '{"genesis":{"chain_id":"x"},"bootstrap":["/ip4/127.0.0.1/tcp/1/ws"]}',
  "/genesis.json": '{"chain_id": "x"}',
  "/bad/light.json": '{"genesis":{},"bootstrap":"none"}',
  "/text/light.json": "hello",
};

async function server(run) {
  const http = createServer(({ url }, answer) => {
    if (url === "/silent/light.json") return;
    answer.writeHead(FILES[url] ? 200 : 404).end(FILES[url]);
  }).listen(0, "127.0.0.1");
  await once(http, "listening");
  try {
    await run(`http://127.0.0.1:${http.address().port}`);
  } finally {
    http.closeAllConnections();
    http.close();
  }
}

test("a genesis comes as an object, a text or a URL", () =>
  server(async (base) => {
    assert.equal(await chainText({ chain_id: "x" }), '{"chain_id":"x"}');
    assert.equal(await chainText(' {"chain_id": "x"}'), ' {"chain_id": "x"}');
    assert.equal(await chainText(`${base}/genesis.json`), FILES["/genesis.json"]);
    assert.equal(await chainText(new URL(`${base}/genesis.json`)), FILES["/genesis.json"]);
    await assert.rejects(chainText(`${base}/none`), ConnectionError);
  }));

test("a node gives its chain and addresses", () =>
  server(async (base) => {
    const chain = { chain: '{"chain_id":"x"}', bootstrap: ["/ip4/127.0.0.1/tcp/1/ws"] };
    assert.deepEqual(await nodeChain(base), chain);
    assert.deepEqual(await nodeChain(new URL(base)), chain);
    await assert.rejects(nodeChain(`${base}/bad`), ConfigError);
    await assert.rejects(nodeChain(`${base}/text`), ConfigError);
    await assert.rejects(nodeChain("http://127.0.0.1:1"), ConnectionError);
  }));

test("a silent node is left when the signal aborts", () =>
  server(async (base) => {
    const abort = new AbortController();
    const silent = nodeChain(`${base}/silent`, abort.signal);
    abort.abort();
    await assert.rejects(silent, AbortedError);
  }));
