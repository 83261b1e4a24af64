/**
 * UDP request streams as a program, for namespaces.
 *
 *     tsx lab/udp-node.ts answer PORT                     answers every request to whatever address it came
 *     tsx lab/udp-node.ts ask ADDRESS PORT PER_SECOND     asks, until SIGTERM; then writes what became of the requests
 *
 * The last line of `ask` is JSON: {@link StreamReport}.
 */
import { createSocket, type Socket } from "node:dgram";
import { setsockopt } from "../src/platform/libc.ts";

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
const LINGER_MS = 2_000;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
/** Room for what arrives while this program waits for its turn on a busy machine: an overflow would count as a loss. */
const RECEIVE_OCTETS = Uint8Array.of(0, 0, 0, 4); // 64 MiB

/** Also beyond what the host allows to those who are not root. */
function widen(socket: Socket): void {
  const { fd } = (socket as unknown as { readonly _handle: { readonly fd: number } })._handle;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_OCTETS);
}

function answer(port: number): void {
  const socket = createSocket("udp4");
  socket.on("message", (message, from) => socket.send(message, from.port, from.address));
  socket.bind(port, () => {
    widen(socket);
    process.stdout.write("ready\n");
  });
}

async function ask(address: string, port: number, perSecond: number): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(resolve));
  widen(socket);
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
else if (role === "ask") await ask(args[0] as string, Number(args[1]), Number(args[2]));
