/**
 * Debian's unmodified `gobgp` command drives the daemon, as an operator would use it (gobgp-commands.ts), with a real
 * gobgpd as the neighbour. What it says is compared with what gobgpd itself says in api-beside.test.ts.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { COMMANDS } from "./gobgp-commands.ts";
import { GobgpPair } from "./gobgp-pair.ts";

describe("Debian's gobgp command on Holdfast", () => {
  let pair: GobgpPair;
  before(async () => {
    pair = await GobgpPair.start("holdfast");
  });
  after(() => pair.stop());

  for (const { name, run, says, never } of COMMANDS)
    test(name, async () => {
      const answer = await pair.shell(run);
      assert.match(answer, says);
      if (never !== undefined) assert.doesNotMatch(answer, never);
    });
});
