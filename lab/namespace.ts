import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import type { Lab } from "./topology.ts";

const CLONE_NEWNET = 0x4000_0000;

type Setns = (fd: number, kind: number) => number;
interface Koffi {
  load(path: null): { func(definition: string): Setns };
}

let setns: Setns | undefined;

function enter(fd: number): void {
  setns ??= (createRequire(import.meta.url)("koffi") as Koffi).load(null).func("int setns(int, int)");
  if (setns(fd, CLONE_NEWNET) !== 0) throw new Error("setns failed: root is needed");
}

/**
 * Runs `action` with this thread in the network namespace of a node: a socket that is opened in there stays there. It
 * must not wait, for everything else of this thread would be in the namespace meanwhile.
 */
export function inNode<T>(lab: Lab, node: string, action: () => T): T {
  const home = openSync("/proc/thread-self/ns/net", "r");
  const there = openSync(`/run/netns/${lab.namespace(node)}`, "r");
  try {
    enter(there);
    return action();
  } finally {
    enter(home);
    closeSync(there);
    closeSync(home);
  }
}
