import assert from "node:assert/strict";
import { connect } from "node:http2";
import { createConnection } from "node:net";
import { after, test } from "node:test";
import { EVENTS_WAITING_MAX } from "../../../../src/api/holdfast/event-source.ts";
import type { Event } from "../../../../src/api/holdfast/messages.ts";
import { FakeHost } from "./fake-host.ts";
import { methodOf, RawClient } from "./raw-client.ts";
import { serve } from "./serve.ts";

const host = new FakeHost();
const served = await serve(host);
const client = new RawClient(served.target);
// The library's client reads ahead into its own memory; somebody who does not read at all takes HTTP/2 by hand.
const session = connect("http://localhost", {
  createConnection: () => createConnection(served.target.slice("unix:".length)),
});
after(() => {
  session.destroy();
  client.close();
  served.close();
  assert.deepEqual(served.faults, []);
});

const { path, requestSerialize, responseDeserialize } = methodOf("WatchEvents");

/** A watcher that reads nothing until `wake`. */
class Sleeper {
  readonly seen: Event[] = [];
  readonly #stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  #rest = Buffer.alloc(0);

  constructor() {
    const request = requestSerialize({ follow: true });
    const head = Buffer.alloc(5);
    head.writeUInt32BE(request.length, 1);
    this.#stream.on("error", () => {}).end(Buffer.concat([head, request]));
  }

  wake(): void {
    this.#stream.on("data", (data: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, data]);
      while (this.#rest.length >= 5 && this.#rest.length >= 5 + this.#rest.readUInt32BE(1)) {
        const end = 5 + this.#rest.readUInt32BE(1);
        this.seen.push(responseDeserialize(this.#rest.subarray(5, end)) as Event);
        this.#rest = this.#rest.subarray(end);
      }
    });
  }
}

const EVENTS = 4_000;
const BATCH = 200;
const EACH = 20;
/** Long, so that what the kernel and HTTP/2 hold for a reader is soon full. */
const TEXT = "x".repeat(1_000);

const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

async function until(is: () => boolean): Promise<void> {
  while (!is()) await turn();
}

test("watchers that never read hold up nobody, and are told what they have lost", async () => {
  const counts = new Array<number>(EACH).fill(0);
  const readers = counts.map((_, i) => {
    const stream = client.stream("WatchEvents", { follow: true });
    stream.on("data", () => {
      counts[i] = (counts[i] as number) + 1;
    });
    return stream.on("error", () => {});
  });
  const sleepers = counts.map(() => new Sleeper());
  await until(() => host.events.watchers === 2 * EACH);
  for (let pushed = 0; pushed < EVENTS; pushed += BATCH) {
    for (let i = 0; i < BATCH; i++)
      host.events.push({ level: "info", source: "vip", subject: "", type: "verdict", text: TEXT });
    await until(() => counts.every((count) => count === pushed + BATCH));
  }
  const [sleeper] = sleepers;
  sleeper?.wake();
  const seen = sleeper?.seen ?? [];
  await until(() => seen.at(-1)?.number === EVENTS);
  const lost = seen.reduce((sum, event) => sum + event.lost, 0);
  assert.equal(seen.length + lost, EVENTS, "every event was seen or counted as lost");
  assert.ok(lost > EVENTS / 2, `${lost} lost: nothing piled up`);
  assert.ok(seen.length >= EVENTS_WAITING_MAX, "the latest are there");
  for (const stream of readers) stream.cancel();
  session.destroy();
  await until(() => host.events.watchers === 0);
});
