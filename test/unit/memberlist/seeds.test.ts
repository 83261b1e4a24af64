import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint } from "../../../src/gossip/index.ts";
import { parseAddress } from "../../../src/lib/address.ts";
import { resolveSeed, Seeds } from "../../../src/memberlist/seeds.ts";

/** A name service of one name. */
function service(first: readonly string[]) {
  let addresses: readonly string[] | undefined = first;
  const lookups: string[] = [];
  const resolve = async (seed: string, port: number): Promise<Endpoint[]> => {
    lookups.push(seed);
    if (!seed.startsWith("gw.")) return await resolveSeed(seed, port);
    if (addresses === undefined) throw new Error(`${seed} is not known`);
    return addresses.map((text) => ({
      address: parseAddress(text) as NonNullable<ReturnType<typeof parseAddress>>,
      port,
    }));
  };
  const set = (now: readonly string[] | undefined) => {
    addresses = now;
  };
  return { resolve, set, lookups };
}

const texts = (endpoints: readonly Endpoint[]) => endpoints.map(({ address, port }) => `${address}:${port}`);

test("a name stands for what it was last found to be, an address for itself", async () => {
  const { resolve, set, lookups } = service(["192.0.2.1", "192.0.2.2"]);
  const seeds = new Seeds(7946, resolve);
  const { endpoints } = await seeds.add(["gw.example", "192.0.2.9:1234"]);
  assert.deepEqual(texts(endpoints), ["192.0.2.1:7946", "192.0.2.2:7946", "192.0.2.9:1234"]);
  assert.equal(seeds.hasNames, true);
  set(["192.0.2.3"]);
  await seeds.refresh();
  assert.deepEqual(texts(seeds.endpoints), ["192.0.2.3:7946", "192.0.2.9:1234"]);
  set(undefined);
  await seeds.refresh();
  assert.deepEqual(texts(seeds.endpoints), ["192.0.2.3:7946", "192.0.2.9:1234"], "no answer changes nothing");
  assert.deepEqual(lookups.slice(2), ["gw.example", "gw.example"], "an address is not looked up again");
});

test("a name that exists only later is found then; what is no seed is not sought for ever", async () => {
  const { resolve, set } = service([]);
  set(undefined);
  const seeds = new Seeds(7946, resolve);
  const { endpoints, failures } = await seeds.add(["gw.example", "not a seed:70000"]);
  assert.deepEqual(endpoints, []);
  assert.equal(failures.length, 2);
  set(["192.0.2.1"]);
  await seeds.refresh();
  assert.deepEqual(texts(seeds.endpoints), ["192.0.2.1:7946"]);
});
