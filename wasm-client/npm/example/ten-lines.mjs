import { LightClient } from "@emotionalchain/light-client";
const client = await LightClient.fromNode(process.argv[2] ?? "http://127.0.0.1:8080");
let left = 5;
for await (const head of client.heads()) {
  console.log(`block ${head.height} ${head.id} is final: ${head.signers} of ${head.seats} seats signed`);
  const account = await client.getAccount(process.argv[3] ?? (await client.getValidators()).seats[0].account);
  console.log(`${account.address} has ${account.balance / 1e6} EMO, proved against block ${account.height}`);
  if (--left === 0) break;
}
await client.close();
