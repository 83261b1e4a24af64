/**
 * A gossip node of ours as a program, for namespaces: `tsx lab/gossip-node.ts NAME ADDRESS [SEED ...]`. Writes a line for
 * whatever it notices, and at SIGUSR2 one of its counters and its health.
 */
import { Memberlist } from "../src/memberlist/index.ts";

const [name = "", bindAddr = "", ...seeds] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);
const list = await Memberlist.create({
  name,
  bindAddr,
  delegate: {
    notifyJoin: (member) => say(`join ${member.name}`),
    notifyLeave: (member) => say(`${member.state} ${member.name}`),
    notifyIsolation: (isolated) => say(isolated ? "isolated" : "connected"),
    notifyWarning: (code, text) => say(`warning ${code}: ${text}`),
  },
});
if (seeds.length > 0) await list.join(seeds);
process.on("SIGUSR2", () => say(`counters ${JSON.stringify({ ...list.counters, health: list.healthScore })}`));
say("ready");
