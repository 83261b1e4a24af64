import assert from "node:assert/strict";
import { test } from "node:test";
import type { Outcome } from "../../../../src/api/fault.ts";
import { FakeHost } from "./fake-host.ts";
import { RawClient } from "./raw-client.ts";
import { type Served, serve } from "./serve.ts";

/** As on a busy machine: the process does not run for that long. */
function stall(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** A daemon that goes as soon as its API is closed. */
class Leaving extends FakeHost {
  served: Served | undefined;
  gone: Promise<void> | undefined;

  override stop(): Outcome<undefined> {
    this.gone = this.served?.end();
    stall(1_000);
    return { ok: true, value: undefined };
  }
}

test("who stops the daemon has his answer, also when it stalls for longer than calls are waited for", async () => {
  const host = new Leaving();
  host.served = await serve(host);
  const client = new RawClient(host.served.target);
  await client.unary("GetStatus");
  assert.deepEqual(await client.unary("Stop", { hold: true }), {});
  await host.gone;
  assert.deepEqual(host.served.faults, []);
  client.close();
});
