import type { TestContext } from "node:test";
import { waitFor } from "../../lab/wait.ts";
import { Memberlist, type MemberlistConfig } from "../../src/memberlist/index.ts";

/** A node of ours, gone with the test. */
export async function ours(
  t: TestContext,
  name: string,
  bindAddr: string,
  change: Partial<MemberlistConfig> = {},
): Promise<Memberlist> {
  const list = await Memberlist.create({ name, bindAddr, ...change });
  t.after(() => list.shutdown());
  return list;
}

/** Until `list` has the node in this state. */
export const sees = (list: Memberlist, name: string, state: string, timeoutMs = 10_000): Promise<true> =>
  waitFor(`${name} is ${state}`, () => (list.member(name)?.state ?? "unknown") === state, {
    timeoutMs,
    intervalMs: 20,
  });
