/**
 * UDP request streams as a program, for namespaces.
 *
 *     tsx lab/udp-node.ts answer PORT                     answers every request to whatever address it came
 *     tsx lab/udp-node.ts ask ADDRESS PORT PER_SECOND     asks, until SIGTERM; then writes what became of the requests
 *
 * The last line of `ask` is JSON: {@link StreamReport}.
 */
import { createSocket } from "node:dgram";

/** What became of a stream of requests. */
export interface StreamReport {
  /** Of the first request: milliseconds since 1970. */
  readonly startedAt: number;
  readonly sent: number;
  readonly answered: number;
  /** Runs of requests without an answer: when the first of them was sent (ms after the start), and how many. */
  readonly losses: readonly { readonly atMs: number; readonly count: number }[];
}

/** How long the last answers may take. */
const LINGER_MS = 500;
/** As much as the kernel allows: what comes in while this program waits for a processor is not lost. */
const RECEIVE_BYTES = 4_194_304;

function answer(port: number): void {
  const socket = createSocket({ type: "udp4", recvBufferSize: RECEIVE_BYTES });
  socket.on("message", (message, from) => socket.send(message, from.port, from.address));
  socket.bind(port, () => process.stdout.write("ready\n"));
}

function ask(address: string, port: number, perSecond: number): void {
  const socket = createSocket({ type: "udp4", recvBufferSize: RECEIVE_BYTES });
  const answered: boolean[] = [];
  const sentAt: number[] = [];
  const started = performance.now();
  const startedAt = Date.now();
  socket.on("message", (message) => {
    answered[message.readUInt32BE()] = true;
  });
  // A router that has no route says so; that is a loss like any other.
  socket.on("error", () => {});
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - started) * perSecond) / 1_000);
    while (sentAt.length < due) {
      const request = Buffer.alloc(16);
      request.writeUInt32BE(sentAt.length);
      sentAt.push(performance.now() - started);
      answered.push(false);
      socket.send(request, port, address, () => {});
    }
  }, 1);
  process.on("SIGTERM", () => {
    clearInterval(timer);
    setTimeout(() => {
      const losses: { atMs: number; count: number }[] = [];
      for (const [i, atMs] of sentAt.entries()) {
        if (answered[i] === true) continue;
        if (i > 0 && answered[i - 1] === false && losses.length > 0) (losses.at(-1) as { count: number }).count++;
        else losses.push({ atMs: Math.round(atMs), count: 1 });
      }
      const report: StreamReport = {
        startedAt,
        sent: sentAt.length,
        answered: answered.filter(Boolean).length,
        losses,
      };
      process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
    }, LINGER_MS);
  });
  process.stdout.write("ready\n");
}

const [role, ...args] = process.argv.slice(2);
if (role === "answer") answer(Number(args[0]));
else if (role === "ask") ask(args[0] as string, Number(args[1]), Number(args[2]));
