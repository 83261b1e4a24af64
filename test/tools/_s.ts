import { simulate } from "./gossip-scale.ts";

for (const n of process.argv.slice(2).map(Number)) {
  const t = process.cpuUsage();
  console.log(JSON.stringify(simulate(n, 1)));
  const u = process.cpuUsage(t);
  console.log((u.user + u.system) / 1e6, "s", (process.memoryUsage().rss / 1e6) | 0, "MB");
}
