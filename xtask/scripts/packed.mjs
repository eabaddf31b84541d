// Reads what `npm pack --dry-run --json` prints and says it again in lines: the packed size, then the path of every
// file. Newer versions of npm print an object by package name, older ones a list.

import { readFileSync } from "node:fs";

const said = JSON.parse(readFileSync(0, "utf8"));
const [pack] = Array.isArray(said) ? said : Object.values(said);
console.log(pack.size);
for (const { path } of pack.files) console.log(path);
