/*
 * What the tests of VRRP against other speakers share: nodes on one bridge (or several), and what one says about adverts.
 * Times are milliseconds.
 */
import assert from "node:assert/strict";
import type { Advert } from "../../lab/frame-decode.ts";
import { FrameCapture } from "../../lab/frames.ts";
import { Lab, type TopologySpec } from "../../lab/topology.ts";
import "./tell.ts";

/** The node that watches and injects: it hears all multicast of the bridge. */
const WATCHER = "w";

/** Later than the theory by so much is what a busy machine does. Earlier is always wrong. The benchmark says how late. */
const LATE_MS = 2_000;
/** What is an answer, and no advert that the timer sent, of routers that advertise once a second. */
export const AT_ONCE_MS = 500;
/** What timers and timestamps may be early by. */
const EARLY_MS = 1;

/**
 * Nodes on `segments` bridges, the watcher among them: node i has 10.80.S.(i+1)/24 on ethS. IPv6 has link-local addresses
 * only, until somebody adds others.
 */
export function bridgeLab(nodes: readonly string[], segments = 1): Promise<Lab> {
  const all = [...nodes, WATCHER];
  const topology: TopologySpec = {
    realtime: true,
    segments: Array.from({ length: segments }, (_, segment) => ({
      name: `bridge${segment}`,
      members: all.map((node, i) => ({
        node,
        interface: `eth${segment}`,
        addresses: [`10.80.${segment}.${i + 1}/24`],
      })),
    })),
  };
  return Lab.up(topology);
}

export const capture = (lab: Lab, segment = 0): Promise<FrameCapture> =>
  FrameCapture.start(lab, WATCHER, `eth${segment}`);

/** Adverts of this virtual router from this source. */
export const from =
  (source: string, virtualRouterId: number) =>
  (advert: Advert): boolean =>
    advert.source === source && advert.virtualRouterId === virtualRouterId;

/** The time between two things is what the theory says, and a bit. */
export function assertTook(what: string, actualMs: number, theoryMs: number): void {
  const text = `${what}: ${actualMs.toFixed(2)} ms, theory ${theoryMs.toFixed(2)} ms`;
  assert.equal(actualMs >= theoryMs - EARLY_MS, true, `too early: ${text}`);
  assert.equal(actualMs <= theoryMs + LATE_MS, true, `too late: ${text}`);
}

/** The takeover of a virtual router: the last advert of the old Master, and the first of the new one after it. */
export async function takeover(
  frames: FrameCapture,
  virtualRouterId: number,
  old: string,
  next: string,
  since: number,
): Promise<{ readonly last: Advert; readonly first: Advert; readonly tookMs: number }> {
  const isNext = from(next, virtualRouterId);
  const first = await frames.waitAdvert(
    `of ${next} as Master of ${virtualRouterId}`,
    (a) => isNext(a) && a.time > since,
  );
  const last = frames
    .adverts(from(old, virtualRouterId))
    .filter((advert) => advert.time < first.time)
    .at(-1);
  assert.notEqual(last, undefined, `no advert of ${old} before`);
  return { last: last as Advert, first, tookMs: first.time - (last as Advert).time };
}

/** Whether an address is on a node's interface. */
export async function hasAddress(lab: Lab, node: string, address: string, device = "eth0"): Promise<boolean> {
  const text = await lab.run(node, ["ip", "-j", "addr", "show", "dev", device]);
  const [link] = JSON.parse(text) as { addr_info: { local: string }[] }[];
  return link?.addr_info.some(({ local }) => local === address) ?? false;
}

/** Makes a node deaf to adverts on an interface: it still speaks. */
export async function setDeaf(lab: Lab, node: string, device: string, deaf: boolean): Promise<void> {
  await lab.run(node, ["iptables", deaf ? "-I" : "-D", "INPUT", "-i", device, "-p", "112", "-j", "DROP"]);
}
