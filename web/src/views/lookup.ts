/** Asks peers for the proof that a transaction is included, and opens it. */

import type { LightClient } from "@emotionalchain/light-client";

import { part, setText } from "../dom.ts";
import { sentence } from "../format.ts";
import { showReceipt } from "./receipt.ts";

export function lookupView(client: LightClient): void {
  const form = part<HTMLFormElement>("lookup-form");
  const id = part<HTMLInputElement>("lookup-id");
  const note = part("lookup-note");
  const place = part("lookup-receipt");
  const look = async (): Promise<void> => {
    setText(note, "Asking peers …");
    place.replaceChildren();
    try {
      await showReceipt(place, client, await client.proveInclusion(id.value.trim().toLowerCase()));
      setText(note, "");
    } catch (error) {
      setText(note, sentence(error));
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void look();
  });
}
