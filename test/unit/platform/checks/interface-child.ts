/** Runs in a network namespace of its own: makes interfaces, and prints what the probe says of them. */
import { execFileSync } from "node:child_process";
import { runInterfaceProbe } from "../../../../src/platform/checks/host-probes.ts";

const ip = (words: string) => execFileSync("ip", words.split(" "));
async function show(name: string): Promise<void> {
  const { success, detail } = await runInterfaceProbe(
    { type: "interface", interface: name },
    new AbortController().signal,
  );
  console.log(success, detail);
}

await show("lo");
ip("link set lo up");
await show("lo");
await show("va");
ip("link add va type veth peer name vb");
await show("va");
ip("link set va up");
await show("va");
ip("link set vb up");
await show("va");
