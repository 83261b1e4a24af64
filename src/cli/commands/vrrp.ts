import type { VirtualRouter } from "../../../proto/holdfast/v1/holdfast.d.ts";
import { type Command, CommandError, type Context, EXIT } from "../command.ts";
import { clean, formatDuration } from "../format.ts";
import { collect, printJson, printJsonList, widthOf } from "../output.ts";
import { lookOf } from "../style.ts";
import { routerTable } from "../views/tables.ts";

export const vrrp: Command = {
  name: "vrrp",
  summary: "the virtual routers; of one, everything",
  arguments: [{ name: "INSTANCE", required: false }],
  options: {},
  run: async (context) => {
    const [name] = context.parsed.positionals;
    const answers = (await context.client()).stream("ListVrrp", {});
    if (name === undefined && context.json) {
      await printJsonList(context, answers);
      return EXIT.ok;
    }
    const all = await collect(answers);
    if (name === undefined) {
      context.io.out(routerTable(all, context.style, widthOf(context)) || "no VRRP instances are configured\n");
      return EXIT.ok;
    }
    const router = all.find((each) => each.name === name);
    if (router === undefined) throw new CommandError(`there is no VRRP instance "${name}"`);
    if (context.json) printJson(context, router);
    else context.io.out(routerText(router, context));
    return EXIT.ok;
  },
};

function routerText(router: VirtualRouter, { style }: Context): string {
  const { state, master, masterPriority, masterIntervalSeconds, dropped } = router;
  const interval = masterIntervalSeconds === undefined ? "" : `, every ${formatDuration(masterIntervalSeconds)}`;
  const drops = Object.entries(dropped).map(([cause, count]) => `${cause} ${count}`);
  const facts: readonly (readonly [string, string | undefined])[] = [
    [
      "state",
      `${style.paint(state, lookOf(state))} for ${formatDuration(router.sinceSeconds)}: ${clean(router.reason)}`,
    ],
    ["on", `${router.interface}, VRID ${router.virtualRouterId}, IPv${router.family}, VRRP version ${router.version}`],
    [
      "priority",
      `${router.effectivePriority} now, ${router.priority} configured, ${router.preempt ? "" : "no "}preempt`,
    ],
    ["advertises", `every ${formatDuration(router.advertisementIntervalSeconds)}`],
    ["Master", master && `${master} with priority ${masterPriority}${interval}`],
    ["addresses", router.addresses.join(", ")],
    ["sync group", router.syncGroup],
    ["adverts", `${router.advertsSent} sent, ${router.advertsReceived} received`],
    ["priority 0", `${router.priorityZeroSent} sent, ${router.priorityZeroReceived} received`],
    ["became Master", `${router.becameMaster} times`],
    ["dropped", drops.length === 0 ? "nothing" : drops.join(", ")],
  ];
  const lines = facts.filter(([, text]) => text !== undefined && text !== "");
  const text = lines.map(([name, value]) => `  ${name.padEnd(16)}${value}\n`).join("");
  return `${style.paint(router.name, "bold")}\n${text}`;
}
