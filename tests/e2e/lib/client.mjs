// What the tests ask of the light client inside a page, through `window.emotionalchain.client`.

/** Starting the page, the WebAssembly, the first connection and the first verified head. */
export const FIRST_HEAD_MILLISECONDS = 30_000;

/** Waits for the first verified head that the page shows; the client is there then. */
export async function firstHead(page) {
  await page.waitFor(() => Boolean(window.emotionalchain?.client), FIRST_HEAD_MILLISECONDS);
  return page.waitForHead(0, FIRST_HEAD_MILLISECONDS);
}

/** Follows the verified heads for so long: `{height, at}` each, `at` in milliseconds of the page's clock. */
export function follow(page, milliseconds) {
  return page.evaluate(async (milliseconds) => {
    const heads = [];
    const start = performance.now();
    // Ends a run in which nothing comes any more.
    const signal = AbortSignal.timeout(milliseconds + 10_000);
    for await (const head of window.emotionalchain.client.heads({ signal })) {
      heads.push({ height: head.height, at: performance.now() });
      if (performance.now() - start >= milliseconds) break;
    }
    return { start, heads, end: performance.now() };
  }, milliseconds);
}

/** The longest time without a new head, in milliseconds, and the first pair of heights that do not rise. */
export function judge({ start, heads, end }) {
  let longest = 0;
  let before = { at: start, height: 0 };
  let notRising;
  for (const head of heads) {
    longest = Math.max(longest, head.at - before.at);
    if (head.height <= before.height) notRising ??= [before.height, head.height];
    before = head;
  }
  return { longest: Math.max(longest, end - before.at), notRising, count: heads.length };
}

/** Waits until so many peers are connected, and returns them. */
export function connectedPeers(page, least, milliseconds) {
  return page.evaluate(async ({ least, milliseconds }) => {
    const signal = AbortSignal.timeout(milliseconds);
    for await (const { peers } of window.emotionalchain.client.peers({ signal })) {
      const connected = peers.filter((peer) => peer.state === "connected");
      if (connected.length >= least) return connected;
    }
    throw new Error(`fewer than ${least} peers within ${milliseconds} ms`);
  }, { least, milliseconds });
}

/** Waits until this peer is no longer connected; returns how long that took, in milliseconds. */
export function untilGone(page, peerId, milliseconds) {
  return page.evaluate(async ({ peerId, milliseconds }) => {
    const start = performance.now();
    const signal = AbortSignal.timeout(milliseconds);
    for await (const { peers } of window.emotionalchain.client.peers({ signal })) {
      if (!peers.some((peer) => peer.peerId === peerId && peer.state === "connected")) return performance.now() - start;
    }
    throw new Error(`${peerId} is still connected after ${milliseconds} ms`);
  }, { peerId, milliseconds });
}

/** What the client says about itself. */
export function status(page) {
  return page.evaluate(() => window.emotionalchain.client.status());
}
