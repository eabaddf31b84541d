// Numbers and tables.

/** The value that half of them do not exceed. */
export function p50(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length / 2) - 1];
}

export const milliseconds = (value) => (value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString("en"));
export const kilobytes = (bytes) => Math.round(bytes / 1000).toLocaleString("en");
export const mebibytes = (bytes) => (bytes / (1 << 20)).toFixed(1);

/** A table in Markdown: the first row is its head, all columns but the first hold numbers. */
export function table([head, ...rows]) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}
