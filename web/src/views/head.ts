/** The newest verified head, the client's state, and how long finality takes. */

import type { Head, Status } from "@emotionalchain/light-client";

import { part, setAttribute, setText, svg } from "../dom.ts";
import { duration, median } from "../format.ts";

/** Heads in the chart. */
const SHOWN = 60;
/** A head comes every second; a reader of screens hears of one in this time. */
const SPOKEN_MS = 15_000;

export interface HeadView {
  head(head: Head): void;
  status(status: Status): void;
}

export function headView(): HeadView {
  const height = part("head-height");
  const id = part("head-id");
  const epoch = part("head-epoch");
  const signers = part("head-signers");
  const age = part("head-age");
  const path = part("head-path");
  const finality = part("finality");
  const middle = part("finality-p50");
  const spoken = part("spoken");
  const chart = finalityChart(part("finality-chart"));
  const recent: number[] = [];
  let newest: Head | undefined;
  let spokenAt = 0;

  return {
    head(head) {
      newest = head;
      setText(height, String(head.height));
      setText(id, head.id);
      setText(epoch, String(head.epoch));
      setText(signers, head.seats === null ? `${head.signers}` : `${head.signers} of ${head.seats} seats`);
      setText(path, head.path);
      setText(age, duration(Math.max(0, Date.now() - head.timeMs)));
      // The first heads of a visit may be old: their time says how far this page was behind, not how fast blocks are.
      if (head.path === "adjacent") {
        recent.push(head.finalityMs);
        if (recent.length > SHOWN) recent.shift();
        setText(finality, duration(head.finalityMs));
        setText(middle, duration(median(recent)));
        chart(recent);
      }
      if (Date.now() - spokenAt > SPOKEN_MS) {
        spokenAt = Date.now();
        setText(spoken, `Verified head ${head.height}, epoch ${head.epoch}`);
      }
    },
    status(status) {
      const state = part("state");
      setText(state, status.state);
      setAttribute(state, "data-state", status.state);
      setText(part("trust"), status.trust);
      setText(part("storage"), status.storage);
      setText(part("headers"), String(status.headersVerified));
      setText(part("first-head"), status.firstHeadMs === null ? "–" : duration(status.firstHeadMs));
      setText(part("chain"), status.chainId);
      setText(part("genesis"), status.genesisHash);
      if (newest) setText(age, duration(Math.max(0, Date.now() - newest.timeMs)));
    },
  };
}

const WIDTH = 600;
const HEIGHT = 120;
const STEP = WIDTH / SHOWN;
/** Below this, bars would show the noise of the clocks. */
const LEAST_SCALE_MS = 25;

function finalityChart(place: HTMLElement): (values: readonly number[]) => void {
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", preserveAspectRatio: "none" });
  const bars = Array.from({ length: SHOWN }, (_, at) =>
    svg("rect", { x: String(at * STEP + 1), width: String(STEP - 2), y: String(HEIGHT), height: "0", rx: "1" }),
  );
  const line = svg("line", { x1: "0", x2: String(WIDTH), y1: String(HEIGHT), y2: String(HEIGHT) });
  drawing.append(...bars, line);
  place.prepend(drawing);
  const top = part("chart-top");

  return (values) => {
    // The scale moves in steps, so that a bar keeps its height from head to head.
    const most = Math.max(LEAST_SCALE_MS, ...values);
    const scale = LEAST_SCALE_MS * 2 ** Math.ceil(Math.log2(most / LEAST_SCALE_MS));
    const y = (value: number): number => HEIGHT - (value / scale) * HEIGHT;
    for (const [at, bar] of bars.entries()) {
      const value = values[at - (SHOWN - values.length)];
      setAttribute(bar, "y", String(value === undefined ? HEIGHT : y(value)));
      setAttribute(bar, "height", String(value === undefined ? 0 : HEIGHT - y(value)));
    }
    const p50 = y(median(values));
    setAttribute(line, "y1", String(p50));
    setAttribute(line, "y2", String(p50));
    setText(top, duration(scale));
    const [half, all] = [duration(median(values)), duration(Math.max(...values))];
    setAttribute(drawing, "aria-label", `Finality of the last ${values.length} heads: half within ${half}, all within ${all}`);
  };
}
