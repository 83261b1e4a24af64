/*
 * A fleet of many nodes in virtual time: how far its traffic and its delays grow with its size. Every node is the real
 * core; only its table of members is one that shares what all know alike (test/sim/shared-table.ts).
 */
import { LAN, type MemberView } from "../../src/gossip/index.ts";
import { pushPullScale } from "../../src/gossip/sync.ts";
import { encodePushPull } from "../../src/gossip/wire/index.ts";
import { type Instant, seconds } from "../../src/lib/time.ts";
import { GossipWorld } from "../sim/gossip-world.ts";
import { Roster, SharedTable } from "../sim/shared-table.ts";

/** Figures of one fleet; times in seconds, traffic in octets (with UDP and IP headers) that a node sends per second. */
export interface Scale {
  readonly size: number;
  readonly metaHalf: number;
  readonly metaAll: number;
  readonly suspected: number;
  readonly deadFirst: number;
  readonly deadAll: number;
  readonly packets: number;
  readonly octets: number;
  /** Of exchanging the whole state, by the size of that state and how often it is due. Not part of the simulation. */
  readonly pushPull: number;
}

const VERSIONS = { protocolMin: 1, protocolMax: 5, protocol: 2, delegateMin: 0, delegateMax: 0, delegate: 0 };
const NONE = new Uint8Array(0);
const WARM_UP = seconds(6);
const IDLE = seconds(10);

/** Simulates one fleet. Push/pulls are left out: each is as much work as the rest of a node's minute. */
export function simulate(size: number, seed: number): Scale {
  // Nothing in it lasts as long.
  const world = new GossipWorld(seed, { pushPullInterval: seconds(1e6), membersMax: size });
  world.isKept = (event) => event.type === "updated" || event.type === "suspected" || event.type === "gone";
  const members = Array.from(
    { length: size },
    (_, i): MemberView => ({
      name: `n${i + 1}`,
      endpoint: world.endpoint(i + 1),
      meta: NONE,
      state: "alive",
      since: 0 as Instant,
      incarnation: 1,
      versions: VERSIONS,
    }),
  );
  const roster = new Roster(members);
  world.nextTable = (_, rng) => new SharedTable(roster, rng);
  for (let i = 1; i <= size; i++) world.start(`n${i}`, i);
  world.run(WARM_UP);
  const [packets, octets] = [world.packets, world.octets];
  world.run(world.now + IDLE);
  const idleSeconds = (IDLE / 1e6) * size;
  const traffic = { packets: (world.packets - packets) / idleSeconds, octets: (world.octets - octets) / idleSeconds };

  const updated = world.now;
  world.give("n1", { type: "updateNode", request: 1, meta: Uint8Array.of(1), timeout: seconds(60) });
  const meta = heard(world, "updated", "n1", updated, size);
  const killed = world.now;
  world.kill("n2");
  const dead = heard(world, "gone", "n2", killed, size - 1);
  const nodes = members.map((member) => ({ ...member, node: member.name }));
  const state = encodePushPull({ type: "pushPull", join: false, nodes, userState: NONE }).length;
  return {
    size,
    metaHalf: meta[size >> 1] ?? Number.NaN,
    metaAll: meta.at(-1) ?? Number.NaN,
    suspected: timesOf(world, "suspected", "n2", killed)[0] ?? Number.NaN,
    deadFirst: dead[0] ?? Number.NaN,
    deadAll: dead.at(-1) ?? Number.NaN,
    ...traffic,
    // Each node begins one and answers one per interval.
    pushPull: (2 * state * 1e6) / pushPullScale(LAN.pushPullInterval, size),
  };
}

/** Lets time pass until `count` nodes know; their times in ascending order. */
function heard(world: GossipWorld, type: string, name: string, since: number, count: number): number[] {
  world.run(since + seconds(200), () => timesOf(world, type, name, since).length >= count);
  const times = timesOf(world, type, name, since);
  if (times.length < count) throw new Error(`${type} ${name}: ${times.length} of ${count}`);
  return times;
}

function timesOf(world: GossipWorld, type: string, name: string, since: number): number[] {
  const times: number[] = [];
  for (const { at, event } of world.events)
    if (at >= since && event.type === type && "member" in event && event.member.name === name)
      times.push((at - since) / 1e6);
  return times;
}
