import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { run, tryRun } from "../../lab/exec.ts";
import { HitlessLab } from "../../lab/hitless.ts";
import { waitFor } from "../../lab/wait.ts";
import "./tell.ts";

/** A file system of a few pages for the state of gw1, which may be filled to the last octet or made read-only. */
class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async mount(path: string): Promise<SmallDisk> {
    mkdirSync(path, { recursive: true });
    await run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", path]);
    return new SmallDisk(path);
  }

  fill(): void {
    for (let i = 0; i < 16; i++) {
      try {
        writeFileSync(join(this.path, `fill${i}`), Buffer.alloc(4_096));
      } catch {
        return; // it is full
      }
    }
  }

  async readOnly(): Promise<void> {
    await run(["mount", "-o", "remount,ro", this.path]);
  }

  async unmount(): Promise<void> {
    await tryRun(["umount", "-l", this.path]);
  }
}

async function withDisk(body: (lab: HitlessLab, disk: SmallDisk) => Promise<void>): Promise<void> {
  let disk: SmallDisk | undefined;
  let hitless: HitlessLab | undefined;
  try {
    hitless = await HitlessLab.up({
      prepare: async (stateOf) => {
        disk = await SmallDisk.mount(stateOf("gw1"));
      },
    });
    await body(hitless, disk as SmallDisk);
  } finally {
    await disk?.unmount();
    await hitless?.down();
  }
}

async function kill(lab: HitlessLab): Promise<void> {
  lab.daemon("gw1").kill("SIGKILL");
  await lab.daemon("gw1").waitExit();
}

test("on a full disk the daemon says what it cannot save, and the one after it does not go on as Master by an old word", () =>
  withDisk(async (lab, disk) => {
    // The write follows the announcement: a page that its rename frees would make room for the next.
    await waitFor("the Master's word", () => readFileSync(join(disk.path, "run"), "utf8").includes('["gw"]'));
    disk.fill();
    // It was Master when the disk was not full yet. Now it becomes Backup, and cannot write that down.
    await lab.lab.setLink("gw1", "eth0", "down");
    await waitFor(
      "the warning",
      () => lab.logged("gw1", "cannot write") > 0,
      {},
      () => lab.daemon("gw1").tail(),
    );
    await lab.waitRoute(["10.6.0.12"]);
    await kill(lab);
    await lab.startDaemon("gw1");
    await waitFor("what is lost", () => lab.logged("gw1", "is lost which virtual routers were Master") === 1);
    await waitFor("a start that is over", () => lab.logged("gw1", " runs: ") === 2);
    assert.equal(lab.logged("gw1", "was Master until just now"), 0);
    assert.equal(lab.logged("gw1", "vip announce"), 1, "the one of its first life");
  }));

test("on a read-only file system the daemon runs, and a restart is a fresh start", () =>
  withDisk(async (lab, disk) => {
    await kill(lab);
    await disk.readOnly();
    await lab.startDaemon("gw1");
    await waitFor("the warning", () => lab.logged("gw1", "cannot use the state directory") === 1);
    await waitFor("a start that is over", () => lab.logged("gw1", " runs: ") === 2);
    assert.equal(lab.logged("gw1", "a graceful restart"), 0);
    await lab.waitRoute(["10.6.0.11"]);
  }));
