/** Numbers and ids as the page shows them. */

/** Head and tail of an id; the whole of it belongs into the title. */
export function short(id: string): string {
  return id.length <= 20 ? id : `${id.slice(0, 10)}…${id.slice(-6)}`;
}

/** Of basis points. */
export function percent(bp: number): string {
  return `${(bp / 100).toFixed(2)} %`;
}

export function heartRate(cbpm: number): string {
  return `${(cbpm / 100).toFixed(1)} bpm`;
}

export function duration(ms: number): string {
  if (ms < 10_000) return `${Math.round(ms)} ms`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3_600)} h`;
}

/** The middle one; of an even number, the lower of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

/** Code and message of whatever was thrown. */
export function reason(error: unknown): { code: string; message: string } {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  return { code: typeof code === "string" ? code : "error", message: String(message ?? error) };
}

export function sentence(error: unknown): string {
  const { code, message } = reason(error);
  return `${code}: ${message}`;
}
