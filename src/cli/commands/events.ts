import type { Event } from "../../../proto/holdfast/v1/holdfast.d.ts";
import { type Command, EXIT, flag, value, values } from "../command.ts";
import { clean, formatTime, parseNumber } from "../format.ts";
import { lookOf, type Style } from "../style.ts";

const RECENT_MAX = 1_000;
const RECENT_DEFAULT = { history: RECENT_MAX, follow: 10 } as const;
const SOURCE_WIDTH = 6;

export const events: Command = {
  name: "events",
  summary: "what happened lately, and with -f what happens",
  arguments: [],
  options: {
    follow: { type: "boolean", short: "f", help: "go on with what happens, until interrupted" },
    recent: { type: "string", short: "n", value: "N", help: "how many of the past: all that are kept, 10 with -f" },
    source: {
      type: "string",
      short: "s",
      value: "SOURCE",
      multiple: true,
      help: "only bgp, vip, vrrp, check, config, api, daemon; again or with commas for more",
      complete: ["bgp", "vip", "vrrp", "check", "config", "api", "daemon"],
    },
  },
  run: async (context) => {
    const { io, json, style } = context;
    const follow = flag(context, "follow");
    const recent =
      parseNumber("recent", value(context, "recent"), RECENT_MAX) ?? RECENT_DEFAULT[follow ? "follow" : "history"];
    const client = await context.client();
    const abort = new AbortController();
    const stop = io.interrupted(() => abort.abort());
    const request = { follow, recent, sources: values(context, "source") };
    const stream = client.stream("WatchEvents", request, abort.signal);
    try {
      for await (const event of stream) {
        io.out(json ? `${JSON.stringify(event)}\n` : eventText(event, style));
        await io.drained();
      }
    } finally {
      stop();
    }
    return EXIT.ok;
  },
};

function eventText(event: Event, style: Style): string {
  const { time, source, subject, text, level, lost } = event;
  const gap = lost === 0 ? "" : `${style.paint(`... ${lost} events lost: too many for this reader`, "warn")}\n`;
  const when = style.paint(formatTime(time, Date.now()), "dim");
  const who = subject === "" ? "" : `${style.paint(clean(subject), "bold")}: `;
  return `${gap}${when}  ${clean(source).padEnd(SOURCE_WIDTH)}  ${who}${style.paint(clean(text), lookOf(level))}\n`;
}
