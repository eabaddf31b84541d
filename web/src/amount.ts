/** Amounts of EMO as people write them; µEMO inside. */

const MICRO = 1_000_000;
/** The supply's cap, µEMO. */
const MOST = 1e14;

/** µEMO of a decimal number of EMO with at most six places; undefined for anything else, zero and too much. */
export function parseEmo(text: string): number | undefined {
  const [, whole, places = ""] = /^(\d{1,9})(?:\.(\d{1,6}))?$/.exec(text.trim()) ?? [];
  if (whole === undefined) return undefined;
  // Digits are put together as text: 0.29 · 10⁶ is not a whole number in binary fractions.
  const micro = Number(whole + places.padEnd(6, "0"));
  return micro > 0 && micro <= MOST ? micro : undefined;
}

export function formatEmo(micro: number): string {
  const places = String(micro % MICRO).padStart(6, "0").replace(/0+$/, "");
  const whole = Math.floor(micro / MICRO);
  return `${whole}${places === "" ? "" : `.${places}`} EMO`;
}
