/**
 * Many gossip nodes of ours in one process, on loopback addresses, for lab/bench/gossip.ts: the counterpart of
 * lab/memberlist-go/bench, with the same lines in and out. In: "start N", "join N SEED", "meta N TEXT", "crash N",
 * "leave N". Out: milliseconds since the start, then "begin COMMAND", "end COMMAND" and what node N noticed: "join N
 * NAME", "gone N NAME", "update N NAME".
 */
import { createInterface } from "node:readline";
import { Memberlist } from "../../src/memberlist/index.ts";

const say = (text: string) => void process.stdout.write(`${performance.now().toFixed(3)} ${text}\n`);
const nodes = new Map<string, Memberlist>();

function create(number: string): Promise<Memberlist> {
  return Memberlist.create({
    name: number,
    bindAddr: `127.0.9.${number}`,
    delegate: {
      notifyJoin: (member) => say(`join ${number} ${member.name}`),
      notifyLeave: (member) => say(`gone ${number} ${member.name}`),
      notifyUpdate: (member) => say(`update ${number} ${member.name}`),
    },
  });
}

async function carryOut(command: string, number: string, argument: string): Promise<void> {
  if (command === "start") {
    nodes.set(number, await create(number));
    return;
  }
  const node = nodes.get(number);
  if (node === undefined) throw new Error(`no node ${number}`);
  if (command === "join") await node.join([`127.0.9.${argument}`]);
  else if (command === "meta") await node.updateNode(new TextEncoder().encode(argument));
  else if (command === "crash") await node.shutdown();
  else if (command === "leave") await node.leave();
  else throw new Error(`unknown command ${command}`);
}

say("ready");
for await (const line of createInterface({ input: process.stdin })) {
  say(`begin ${line}`);
  const [command = "", number = "", argument = ""] = line.split(" ");
  await carryOut(command, number, argument);
  say(`end ${line}`);
}
process.exit();
