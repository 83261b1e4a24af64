import { type Command, type Context, EXIT, UsageError, value } from "../command.ts";
import { parseDuration } from "../format.ts";
import { statusText } from "../views/status.ts";

/** Each line is written over what was there, and the rest is wiped: a screen that is cleared first flickers. */
const DRAW = { home: "\x1b[H", lineEnd: "\x1b[K", rest: "\x1b[J" } as const;
const SCREEN = { on: "\x1b[?1049h\x1b[?25l", off: "\x1b[?25h\x1b[?1049l" } as const;
/** The daemon has better things to do than to describe itself. */
const INTERVAL_MIN = 0.2;

export const top: Command = {
  name: "top",
  summary: "the status as a live screen: q quits",
  details: ["Not on a terminal, or with -j: one status a line as JSON, until interrupted."],
  arguments: [],
  options: { interval: { type: "string", short: "d", value: "TIME", help: "between two looks: 1s" } },
  run: async (context) => {
    const seconds = parseDuration(value(context, "interval") ?? "1s");
    if (seconds < INTERVAL_MIN) throw new UsageError(`--interval: at least ${INTERVAL_MIN}s`);
    const client = await context.client();
    const screen = new Screen(context);
    screen.open();
    try {
      while (!screen.ended) {
        screen.draw(await client.call("GetStatus", {}));
        await screen.wait(seconds * 1000);
      }
    } finally {
      screen.close();
    }
    return EXIT.ok;
  },
};

/** The terminal while it is ours: given back as it was, however this ends. */
class Screen {
  readonly #context: Context;
  readonly #isLive: boolean;
  #end: (() => void) | undefined;
  readonly #undo: (() => void)[] = [];
  ended = false;

  constructor(context: Context) {
    this.#context = context;
    this.#isLive = context.io.columns !== undefined && !context.json;
  }

  open(): void {
    const { io } = this.#context;
    const quit = () => {
      this.ended = true;
      this.#end?.();
    };
    this.#undo.push(io.interrupted(quit));
    if (!this.#isLive) return;
    // In raw mode Ctrl-C is a key like others.
    const pressed = (key: string) => ["q", "Q", "\x03", "\x04"].includes(key) && quit();
    if (io.keys !== undefined) this.#undo.push(io.keys(pressed));
    io.out(SCREEN.on);
    this.#undo.push(() => io.out(SCREEN.off));
  }

  close(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }

  draw(status: Parameters<typeof statusText>[0]): void {
    const { io, style } = this.#context;
    if (!this.#isLive) {
      io.out(`${JSON.stringify(status)}\n`);
      return;
    }
    const lines = statusText(status, style, io.columns).split("\n");
    const shown = lines.slice(0, (io.rows ?? lines.length) - 1).join(`${DRAW.lineEnd}\r\n`);
    io.out(`${DRAW.home}${shown}${DRAW.rest}`);
  }

  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.ended) this.#end();
    });
  }
}
