/**
 * A bare BGP neighbour for benchmarks, one process each: `feeder` sends a prepared table when told to, `sink` counts what
 * it gets. Talks to its parent in JSON lines: commands on standard input, events on standard output, with times in
 * microseconds of CLOCK_MONOTONIC (the same in all namespaces).
 */
import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { encodeKeepalive, encodeOpen, Framer, MessageType } from "../../src/bgp/index.ts";
import { parseIpv4Word } from "../../src/lib/address.ts";
import { PrefixCounter } from "./prefix-counter.ts";

const { values } = parseArgs({
  options: {
    local: { type: "string" },
    remote: { type: "string" },
    as: { type: "string" },
    hold: { type: "string" },
    stream: { type: "string" },
    /** Wait for the speaker to connect, instead of connecting to it. */
    listen: { type: "boolean" },
  },
});
const as = Number(values.as);
const hold = Number(values.hold);
const stream = values.stream === undefined ? undefined : readFileSync(values.stream);
const counter = new PrefixCounter();
const framer = new Framer();
let expected = Number.POSITIVE_INFINITY;
let established = false;

const now = () => Number(process.hrtime.bigint() / 1000n);
const tell = (event: string, fields: object = {}) =>
  process.stdout.write(`${JSON.stringify({ event, at: now(), ...fields })}\n`);

let socket: Socket;
if (values.listen === true) {
  const server = createServer((accepted) => {
    server.close();
    begin(accepted);
    greet();
  });
  server.listen(179, values.local as string, () => tell("listening"));
} else {
  const made = connect({ host: values.remote as string, port: 179, localAddress: values.local as string });
  made.on("connect", greet);
  begin(made);
}

function begin(made: Socket): void {
  socket = made;
  socket.setNoDelay(true);
  socket.on("error", (error) => tell("error", { message: error.message }));
  socket.on("close", () => {
    tell("closed", counter.totals());
    process.exit(0);
  });
  socket.on("data", received);
}

function greet(): void {
  socket.write(
    encodeOpen({
      version: 4,
      as2: as,
      holdTimeSeconds: hold,
      identifier: parseIpv4Word(values.local as string) as number,
      capabilities: [
        { type: "multiprotocol", afi: 1, safi: 1 },
        { type: "four-octet-as", as },
      ],
    }),
  );
}

function received(chunk: Buffer): void {
  const at = now();
  framer.push(chunk);
  for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
    if (frame.type === "error") {
      socket.destroy();
      return;
    }
    switch (frame.messageType) {
      case MessageType.Open:
        tell("open");
        socket.write(encodeKeepalive());
        break;
      case MessageType.Keepalive:
        if (established) break;
        established = true;
        if (hold > 0) setInterval(() => socket.write(encodeKeepalive()), (hold * 1000) / 3);
        tell("established");
        break;
      case MessageType.Update:
        counter.count(frame.bytes, frame.start, frame.end, at);
        break;
      case MessageType.Notification:
        tell("notification", { code: frame.bytes[frame.start], subcode: frame.bytes[frame.start + 1] });
        break;
      case MessageType.RouteRefresh:
        break;
    }
  }
  if (counter.present >= expected) {
    expected = Number.POSITIVE_INFINITY;
    tell("reached", { reachedAt: at, ...counter.totals() });
  }
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const [command, argument] = line.split(" ");
  if (command === "expect") {
    expected = Number(argument);
    tell("expecting");
  } else if (command === "stat") tell("stat", counter.totals());
  else if (command === "feed" && stream !== undefined) {
    tell("first-byte");
    socket.write(stream, () => tell("last-byte"));
  } else if (command === "quit") socket.end();
});
