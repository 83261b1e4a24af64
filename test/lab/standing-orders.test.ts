import assert from "node:assert/strict";
import { resolve } from "node:path";
import { describe, test } from "node:test";
import { FrameCapture } from "../../lab/frames.ts";
import { HitlessLab, VIP } from "../../lab/hitless.ts";
import { waitFor } from "../../lab/wait.ts";
import "./tell.ts";

/** GRACEFUL_SHUTDOWN in the attributes. */
const GSHUT = "ffff0000";
const PREFIX = `${VIP}/32`;
const LIMIT = { timeoutMs: 60_000, intervalMs: 20 };

/** gw1 announces the VIP to the router; what it sends is captured there. */
class World {
  readonly lab: HitlessLab;
  readonly frames: FrameCapture;

  constructor(lab: HitlessLab, frames: FrameCapture) {
    this.lab = lab;
    this.frames = frames;
  }

  holdfast(...argv: readonly string[]): Promise<string> {
    return this.lab.lab.run("gw1", ["node", resolve("dist/holdfast.js"), ...argv], LIMIT);
  }

  /**
   * The next life of the daemon, until it could have announced the VIP: its restart is over, or after an orderly stop it
   * is Master again. `ended` is how the former life does.
   */
  async again(ended: "SIGKILL" | "SIGTERM"): Promise<void> {
    const { lab } = this;
    const sign = ended === "SIGKILL" ? "the restart is over" : "Backup -> Master";
    const before = lab.logged("gw1", sign);
    lab.daemon("gw1").kill(ended);
    await lab.daemon("gw1").waitExit();
    await lab.startDaemon("gw1");
    await waitFor(
      `after ${ended}: ${sign}`,
      () => lab.logged("gw1", sign) > before,
      LIMIT,
      () => lab.daemon("gw1").tail(),
    );
  }

  /** Attributes with which gw1 has announced the VIP, from the so-manieth UPDATE on. */
  announced(from = 0): string[] {
    const all = this.frames.updates(({ source, announced }) => source === "10.6.0.11" && announced.includes(PREFIX));
    return all.slice(from).map(({ attributes }) => attributes);
  }
}

async function withWorld(body: (world: World) => Promise<void>): Promise<void> {
  const lab = await HitlessLab.up();
  try {
    await body(new World(lab, await FrameCapture.start(lab.lab, "router", "eth0")));
  } finally {
    await lab.down();
  }
}

describe("an operator's orders", { concurrency: true }, () => {
  test("a drain holds over SIGKILL while it is under way and when it is done, over SIGTERM, and until undrain", () =>
    withWorld(async (world) => {
      const { lab } = world;
      await world.holdfast("drain", VIP);
      const drainedAt = Date.now();
      await waitFor("GRACEFUL_SHUTDOWN", () => world.announced().at(-1)?.includes(GSHUT) === true, LIMIT);
      const before = world.announced().length;
      // Half-way: `drain-delay` is 10 s.
      await world.again("SIGKILL");
      if (Date.now() - drainedAt < 9_000)
        await waitFor("announced as before", () => world.announced(before).length > 0, LIMIT);
      await lab.waitRoute([]);
      assert.equal(Date.now() - drainedAt < 19_000, true, "the wait did not begin anew");
      for (const ended of ["SIGKILL", "SIGTERM", "SIGKILL"] as const) await world.again(ended);
      for (const attributes of world.announced(before))
        assert.equal(attributes.includes(GSHUT), true, "never announced but on its way out");
      await lab.waitRoute([]);
      assert.equal(lab.logged("gw1", `${PREFIX} is still drained`), 4);
      assert.match(await world.holdfast("status"), /warning \(operator\): 203\.0\.113\.10\/32 is still drained, since/);
      await world.holdfast("undrain", VIP);
      await lab.waitRoute(["10.6.0.11"]);
      await world.again("SIGKILL");
      await lab.waitRoute(["10.6.0.11"]);
    }));

  test("a node that is drained, a VIP that is down and a neighbour that is disabled stay so", () =>
    withWorld(async (world) => {
      const { lab } = world;
      await world.holdfast("down", VIP);
      await lab.waitRoute([]);
      const before = world.announced().length;
      await world.again("SIGKILL");
      await world.holdfast("drain", "--node");
      await world.holdfast("up", VIP);
      await waitFor(
        "its time is over",
        async () => (await world.holdfast("why", VIP)).includes("is not announced"),
        LIMIT,
      );
      const drained = world.announced().length;
      await world.again("SIGKILL");
      assert.deepEqual([world.announced(drained), world.announced(before).every((a) => a.includes(GSHUT))], [[], true]);
      await world.holdfast("disable", "10.6.0.1", "--text", "new line card");
      await world.holdfast("undrain", "--node");
      lab.daemon("gw1").kill("SIGKILL");
      await lab.daemon("gw1").waitExit();
      await lab.startDaemon("gw1");
      await waitFor("it is started", () => lab.logged("gw1", " runs: ") === 4, LIMIT);
      assert.match(
        await world.holdfast("status"),
        /neighbour 10\.6\.0\.1 is still disabled, since .*\(new line card\)/,
      );
      assert.match(await world.holdfast("peers", "10.6.0.1", "-j"), /"admin": ?"down"/);
      await world.holdfast("enable", "10.6.0.1");
      await lab.waitRoute(["10.6.0.11"]);
    }));
});
