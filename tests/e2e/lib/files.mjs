// Files and folders of the tests, and a server for folders of files.

import { createReadStream } from "node:fs";
import { mkdtemp, readdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize, sep } from "node:path";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

export function temporaryFolder(name) {
  return mkdtemp(join(tmpdir(), `emotionalchain-e2e-${name}-`));
}

/** Every file below a folder with its content, those left out for which `skip` holds. */
export async function* contents(folder, skip = () => false) {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !skip(path)) yield [path, await readFile(path)];
  }
}

/** Serves a folder on a free port of the loopback address until the test ends; `served` takes the paths handed out. */
export async function serve(cleanup, folder, served = new Set()) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const path = join(folder, normalize(pathname.endsWith("/") ? `${pathname}index.html` : pathname));
    const isFile = path.startsWith(folder + sep) && (await stat(path).catch(() => undefined))?.isFile();
    response.writeHead(isFile ? 200 : 404, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
    if (!isFile) return response.end();
    served.add(path);
    createReadStream(path).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup.add(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${server.address().port}`;
}
