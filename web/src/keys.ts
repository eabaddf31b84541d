/**
 * Throwaway keys of a local network, handed over in the fragment.
 *
 * They are taken out of the address bar at once, so that a copied address carries none, and kept for this tab, so that
 * a reload works.
 */

import { type Keys, readKeys } from "./params.ts";

const KEY = "emotionalchain-keys";

export function takeKeys(): Keys {
  const { hash, pathname, search } = location;
  if (hash.includes("=")) {
    history.replaceState(null, "", pathname + search);
    sessionStorage.setItem(KEY, hash);
  }
  return readKeys(sessionStorage.getItem(KEY) ?? "");
}
