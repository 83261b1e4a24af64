import type { Lab } from "../topology.ts";
import { BirdDriver } from "./bird.ts";
import { ExabgpDriver } from "./exabgp.ts";
import { FrrDriver } from "./frr.ts";
import { GobgpDriver } from "./gobgp.ts";
import { HoldfastDriver } from "./holdfast.ts";
import { OpenbgpdDriver } from "./openbgpd.ts";
import { Peer, type PeerDriver, type Place } from "./peer.ts";
import type { PeerKind, SpeakerSpec } from "./spec.ts";

const DRIVERS: Readonly<Record<PeerKind, new (place: Place) => PeerDriver>> = {
  bird: BirdDriver,
  frr: FrrDriver,
  gobgp: GobgpDriver,
  openbgpd: OpenbgpdDriver,
  exabgp: ExabgpDriver,
  holdfast: HoldfastDriver,
};

/** A speaker of some kind in a node, not started yet. One of a kind in a node. */
export function createPeer(lab: Lab, node: string, kind: PeerKind, spec: SpeakerSpec): Peer {
  const place: Place = {
    lab,
    node,
    directory: lab.subdirectory(`${node}-${kind}`),
    run: (argv, options) => lab.run(node, argv, options),
    tryRun: (argv, options) => lab.tryRun(node, argv, options),
  };
  return new Peer(new DRIVERS[kind](place), place, spec);
}

export { Peer, type PeerDriver } from "./peer.ts";
export * from "./spec.ts";
