/** A recording becomes a statement, and the statement a proof. Shown where the address bar brought a device. */

import { type Evaluation, type LightClient, Measurement } from "@emotionalchain/light-client";

import { el, part, setText } from "../dom.ts";
import { heartRate } from "../format.ts";
import type { DeviceKey } from "../params.ts";
import { parseRecording } from "../recording.ts";
import { stageView } from "./stage.ts";

export function recordingView(client: LightClient, device: DeviceKey): void {
  const file = part<HTMLInputElement>("proof-file");
  const submit = part<HTMLButtonElement>("proof-submit");
  const forget = part<HTMLButtonElement>("proof-forget");
  const statement = part("statement");
  const stage = stageView("proof");
  let measurement: Measurement | undefined;

  part("recording").hidden = false;
  setText(part("proof-validator"), device.validator);

  const clear = (): void => {
    measurement?.clear();
    measurement = undefined;
    submit.disabled = true;
    forget.disabled = true;
    statement.replaceChildren();
  };

  const read = async (chosen: File): Promise<void> => {
    clear();
    try {
      const fed = await feed(await chosen.text());
      measurement = fed;
      forget.disabled = false;
      const evaluation = fed.evaluate(device.tier);
      submit.disabled = evaluation?.eligible !== true;
      if (evaluation) showStatement(statement, evaluation);
      stage.set("", explain(evaluation));
    } catch (error) {
      clear();
      stage.failed(error);
    }
  };

  const send = async (measured: Measurement): Promise<void> => {
    submit.disabled = true;
    await stage.follow(
      client,
      async () => (await client.makeProof(measured, device)).proof,
      (proof) => client.submitProof(proof),
    );
    submit.disabled = measurement === undefined;
  };

  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    if (chosen) void read(chosen);
  });
  submit.addEventListener("click", () => {
    if (measurement) void send(measurement);
  });
  forget.addEventListener("click", () => {
    clear();
    file.value = "";
    stage.set("", "The recording is forgotten.");
  });
}

/** Plays a recording as if its last frame came now. */
async function feed(text: string): Promise<Measurement> {
  const frames = parseRecording(text);
  const shift = Date.now() - (frames.at(-1)?.atMs ?? 0);
  const measurement = await Measurement.create();
  for (const { atMs, bytes } of frames) measurement.heartRateFrame(bytes, atMs + shift);
  return measurement;
}

function explain(evaluation: Evaluation | undefined): string {
  if (!evaluation) return "Too few beats in the last 120 seconds of the recording for a statement.";
  return evaluation.eligible ? "" : "The signal is too poor: no proof can be made of it.";
}

function showStatement(place: HTMLElement, evaluation: Evaluation): void {
  const values: [string, string, string][] = [
    ["score", "Score", `${evaluation.scoreBp} of 10000`],
    ["stress", "Stress", `${evaluation.stress} of 100`],
    ["focus", "Focus", `${evaluation.focus} of 100`],
    ["authenticity", "Authenticity (plausibility of the signal)", `${evaluation.authenticity} of 100`],
    ["heart-rate", "Heart rate", heartRate(evaluation.heartRateCbpm)],
    ["quality", "Accepted beats", `${(evaluation.quality / 10).toFixed(1)} %`],
  ];
  place.replaceChildren(
    ...values.map(([name, label, value]) =>
      el("div", {}, el("dt", {}, label), el("dd", { "data-testid": `statement-${name}` }, value)),
    ),
  );
}
