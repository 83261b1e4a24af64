/**
 * A gossip node of ours as a program, for namespaces: `tsx lab/gossip-node.ts NAME ADDRESS [SEED ...]`. Writes a line for
 * whatever it notices.
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
say("ready");
