/**
 * Recordings of a heart rate strap: CSV with a header line; the columns `t_ms` (milliseconds) and `hex` (one
 * notification of characteristic 0x2A37) are used.
 */

import { readHex } from "./params.ts";

export interface Frame {
  atMs: number;
  bytes: Uint8Array;
}

/** More than a day of one frame a second. */
const MOST = 100_000;

/** Frames in the order of the file; an error names the line that is not one. */
export function parseRecording(text: string): Frame[] {
  const lines = text.split(/\r?\n/);
  const columns = (lines[0] ?? "").split(",").map((name) => name.trim());
  const [time, hex] = [columns.indexOf("t_ms"), columns.indexOf("hex")];
  if (time < 0 || hex < 0) throw new Error("the file has no columns t_ms and hex");
  if (lines.length > MOST) throw new Error(`the file has more than ${MOST} lines`);
  const frames: Frame[] = [];
  for (const [at, line] of lines.entries()) {
    if (at === 0 || line === "") continue;
    const cells = line.split(",");
    const [atMs, digits] = [Number(cells[time] || "?"), (cells[hex] ?? "").trim()];
    const wellFormed = Number.isSafeInteger(atMs) && atMs >= 0 && /^(?:[0-9a-f]{2})+$/i.test(digits);
    if (!wellFormed) throw new Error(`line ${at + 1} is not a frame`);
    frames.push({ atMs, bytes: readHex(digits) });
  }
  return frames;
}
