/** The transfer form: signs in this page, sends, and shows the receipt. */

import { addressOfSeed, type LightClient } from "@emotionalchain/light-client";

import { formatEmo, parseEmo } from "../amount.ts";
import { el, part } from "../dom.ts";
import { sentence } from "../format.ts";
import { mark } from "../mark.ts";
import { readSeed } from "../params.ts";
import { stageView } from "./stage.ts";

export function transferView(client: LightClient, faucet: Uint8Array | undefined): void {
  const form = part<HTMLFormElement>("transfer-form");
  const from = part<HTMLSelectElement>("transfer-from");
  const key = part<HTMLInputElement>("transfer-key");
  const keyField = part("transfer-key-field");
  const to = part<HTMLInputElement>("transfer-to");
  const amount = part<HTMLInputElement>("transfer-amount");
  const submit = part<HTMLButtonElement>("transfer-submit");
  const sender = part("transfer-sender");
  const stage = stageView("transfer");

  if (faucet) from.prepend(new Option("the local network's faucet", "faucet", true, true));
  const seed = (): Uint8Array => (from.value === "faucet" && faucet ? faucet : readSeed(key.value));

  let asked = 0;
  const showSender = async (): Promise<void> => {
    keyField.hidden = from.value === "faucet";
    key.required = from.value !== "faucet";
    asked += 1;
    const ask = asked;
    if (from.value !== "faucet" && key.value === "") return sender.replaceChildren();
    try {
      const account = await client.getAccount(await addressOfSeed(seed()));
      if (ask !== asked) return;
      const address = el("code", {}, account.address);
      sender.replaceChildren(address, ` has ${formatEmo(account.balance)} `, mark("verified"));
    } catch (error) {
      if (ask === asked) sender.replaceChildren(sentence(error));
    }
  };

  const send = async (): Promise<void> => {
    const micro = parseEmo(amount.value);
    if (micro === undefined) {
      return stage.set("failed", "An amount is a number of EMO above 0 with at most six places, such as 1.5.");
    }
    submit.disabled = true;
    await stage.follow(
      client,
      async () => client.signTransfer(seed(), { to: to.value.trim(), amount: micro }),
      (signed) => client.submitTransaction(signed),
    );
    submit.disabled = false;
    await showSender();
  };

  from.addEventListener("change", () => void showSender());
  key.addEventListener("change", () => void showSender());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send();
  });
  submit.disabled = false;
  void showSender();
}
