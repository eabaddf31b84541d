// Searches bytes for raw heartbeats: runs of consecutive beat-to-beat intervals in every form in which a program would
// write them down, and secrets such as salts.
//
// An interval by itself is a number of three digits and found everywhere; three in a row are a recording. All runs of
// all forms are searched in one pass: the first four bytes of every place are looked up in a table.

/** Consecutive intervals that make a recording. */
const RUN = 3;
/** Shorter forms would be found by chance in some megabytes of hashes. */
const LEAST_BYTES = 6;
/** What stands between numbers in text. */
const SEPARATORS = [",", ", ", ";", "; ", " ", "\n", "\r\n", "\t", "|"];

/** Fixed-width forms of one number. */
const FIXED = Object.entries({
  u16: [2, "writeUInt16"],
  u32: [4, "writeUInt32"],
  u64: [8, "writeBigUInt64"],
  f32: [4, "writeFloat"],
  f64: [8, "writeDouble"],
}).flatMap(([name, [width, write]]) =>
  ["LE", "BE"].map((order) => [
    `${name} ${order}`,
    (value) => {
      const bytes = Buffer.alloc(width);
      bytes[write + order](width === 8 && name === "u64" ? BigInt(value) : value);
      return bytes;
    },
  ]),
);

/** LEB128, the integers of Protocol Buffers. */
function varint(value) {
  const bytes = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80);
  return Buffer.from([...bytes, value]);
}

/** A field of Protocol Buffers with any small number repeats its key before each value: the key is found by trying. */
const keyed = (key) => (value) => Buffer.concat([Buffer.from([key << 3]), varint(value)]);

const BINARY = [
  ...FIXED,
  ["varint", varint],
  ["zigzag", (value) => varint(value * 2)],
  ...Array.from({ length: 15 }, (_, at) => [`varint, field ${at + 1}`, keyed(at + 1)]),
];

/** What base64 shows of these bytes wherever they lie: the characters that no neighbour has a part in. */
function base64(bytes, offset) {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes, Buffer.alloc((3 - ((offset + bytes.length) % 3)) % 3)]);
  const first = Math.ceil((offset * 8) / 6);
  const last = Math.floor(((offset + bytes.length) * 8) / 6);
  return padded.toString("base64").slice(first, last);
}

/** A form of bytes: as they are, in hexadecimal, in base64 at each of its three offsets. */
function written(name, bytes) {
  const forms = [[name, bytes]];
  const hex = bytes.toString("hex");
  forms.push([`${name}, hex`, Buffer.from(hex)], [`${name}, HEX`, Buffer.from(hex.toUpperCase())]);
  for (const offset of [0, 1, 2]) {
    const text = base64(bytes, offset);
    const url = text.replaceAll("+", "-").replaceAll("/", "_");
    forms.push([`${name}, base64`, Buffer.from(text)], [`${name}, base64url`, Buffer.from(url)]);
  }
  return forms;
}

/** All forms of a run of intervals. */
function* formsOfRun(run) {
  for (const [name, encode] of BINARY) yield* written(name, Buffer.concat(run.map(encode)));
  for (const separator of SEPARATORS) yield [`text with ${JSON.stringify(separator)}`, Buffer.from(run.join(separator))];
}

export class Leaks {
  #table = new Map();
  /** Sixteen bits of the first four bytes: most places of a text are ruled out without a look at the table. */
  #seen = new Uint8Array(1 << 16);
  /** How many forms are searched for. */
  count = 0;

  /** Adds every run of intervals, in each unit that is given: ticks of 1/1024 s as the strap sends them, milliseconds. */
  intervals(ticks, units = [(tick) => tick, (tick) => Math.round((tick * 1000) / 1024)]) {
    for (const unit of units) {
      const values = ticks.map(unit);
      for (let at = 0; at + RUN <= values.length; at += 1) {
        for (const [name, bytes] of formsOfRun(values.slice(at, at + RUN))) this.#add(`interval ${at}: ${name}`, bytes);
      }
    }
    return this;
  }

  /** Adds the very messages of a strap, as they came over the air: each by itself, where it is long enough, and pairs. */
  frames(frames) {
    for (const [at, frame] of frames.entries()) {
      const pair = Buffer.concat(frames.slice(at, at + 2));
      for (const bytes of [frame, pair]) {
        if (bytes.length < LEAST_BYTES) continue;
        for (const [name, form] of written("bytes", bytes)) this.#add(`frame ${at}: ${name}`, form);
      }
    }
    return this;
  }

  /** Adds a secret: any form of the whole of it. */
  secret(name, bytes) {
    for (const [form, needle] of written("bytes", Buffer.from(bytes))) this.#add(`${name}: ${form}`, needle);
    return this;
  }

  #add(name, bytes) {
    if (bytes.length < LEAST_BYTES) return;
    const first = bytes.readUInt32LE(0);
    this.#seen[(first ^ (first >>> 16)) & 0xffff] = 1;
    const list = this.#table.get(first);
    if (list) list.push([name, bytes]);
    else this.#table.set(first, [[name, bytes]]);
    this.count += 1;
  }

  /** Where these bytes hold something: at most ten findings, `{name, at}` each. */
  find(bytes) {
    const found = [];
    for (let at = 0; at + 4 <= bytes.length && found.length < 10; at += 1) {
      const first = (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
      if (this.#seen[(first ^ (first >>> 16)) & 0xffff] === 0) continue;
      for (const [name, needle] of this.#table.get(first) ?? []) {
        if (needle.equals(bytes.subarray(at, at + needle.length))) found.push({ name, at });
      }
    }
    return found;
  }
}

/** Reads a recording of a strap: the frames, and the intervals in ticks of 1/1024 s. */
export function readRecording(csv) {
  const [head, ...lines] = csv.trim().split(/\r?\n/);
  const columns = head.split(",");
  const column = (line, name) => line.split(",")[columns.indexOf(name)] ?? "";
  return {
    frames: lines.map((line) => Buffer.from(column(line, "hex"), "hex")),
    ticks: lines.flatMap((line) => column(line, "rr_1024").split(" ").filter(Boolean).map(Number)),
  };
}
