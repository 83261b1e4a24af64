import assert from "node:assert/strict";
import {
  type Capability,
  type Family,
  type FamilyConfig,
  type GracefulRestartConfig,
  plainFamily,
} from "../../../../src/bgp/index.ts";
import {
  encodeKeepalive,
  encodeOpen,
  Family as F,
  FAMILY_SPECS,
  UpdateWriter,
} from "../../../../src/bgp/wire/index.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { Neighbor, prefix } from "../speaker/neighbor.ts";
import { config, Rig } from "../speaker/rig.ts";

export const RESTART_TIME = seconds(120);
const STALE_TIME = seconds(600);
export const ROUTES = ["198.51.100.0/24", "198.51.101.0/24"] as const;
export const [FIRST, SECOND] = ROUTES;

/** What a neighbour's OPEN says of graceful restart. */
export interface Offer {
  readonly restarting?: boolean;
  readonly notification?: boolean;
  readonly restartTimeSeconds?: number;
  readonly forwarding?: boolean;
  readonly families?: readonly Family[];
  /** Long-lived stale time; undefined: the capability is not there. */
  readonly longLivedSeconds?: number | undefined;
  readonly longLivedForwarding?: boolean;
  /** False: no capability at all. */
  readonly capable?: boolean;
}

export function settings(given: Partial<GracefulRestartConfig> = {}): GracefulRestartConfig {
  return {
    restartTime: RESTART_TIME,
    notification: false,
    longLived: true,
    helperOnly: false,
    deferralTime: seconds(60),
    ...given,
  };
}

export const restartingFamily = (family: Family): FamilyConfig => ({
  ...plainFamily(family),
  gracefulRestart: true,
  longLivedStaleTime: STALE_TIME,
});

type Given = NonNullable<Parameters<typeof config>[0]>;

/** A speaker with neighbours that know of graceful restart. */
export class Scene extends Rig {
  restartOver: (how: "complete" | "timeout") => void = () => {};

  /** Settings of a neighbour with which we have graceful restart. */
  static settings(given: Given = {}, restart: Partial<GracefulRestartConfig> = {}): Given {
    return { families: [restartingFamily(F.Ipv4Unicast)], gracefulRestart: settings(restart), ...given };
  }

  /** A neighbour that is Established, with what it offers. */
  meet(given: Given = {}, offer: Offer = {}, restart: Partial<GracefulRestartConfig> = {}): Neighbor {
    const neighbor = this.add(Scene.settings(given, restart));
    return comeUp(neighbor, offer);
  }

  /** The other end of a neighbour that is configured already. */
  known(given: Given): Neighbor {
    return new Neighbor(this, config(given));
  }

  /** An external neighbour that is only told things. */
  sink(offer: Offer = {}, given: Given = {}): Neighbor {
    return this.meet({ address: "192.0.2.9", peerAs: 65009, holdTime: seconds(0), ...given }, offer);
  }
}

/** The neighbour connects (or is connected to), and comes up with this offer. */
export function comeUp(neighbor: Neighbor, offer: Offer = {}): Neighbor {
  const { connection } = neighbor.connect();
  neighbor.send(encodeOpen({ ...neighbor.openMessage(), capabilities: capabilities(neighbor, offer) }));
  neighbor.connection = connection; // the speaker may have closed a former one
  neighbor.send(encodeKeepalive());
  assert.equal(neighbor.state, "Established");
  return neighbor;
}

export function capabilities(neighbor: Neighbor, offer: Offer): readonly Capability[] {
  const others = neighbor
    .openMessage()
    .capabilities.filter(({ type }) => type !== "graceful-restart" && type !== "long-lived-graceful-restart");
  if (offer.capable === false) return others;
  const families = offer.families ?? neighbor.settings.families.map(({ family }) => family);
  const tuples = families.map((family) => ({
    afi: FAMILY_SPECS[family].afi,
    safi: FAMILY_SPECS[family].safi,
    forwarding: offer.forwarding ?? true,
  }));
  const restart: Capability = {
    type: "graceful-restart",
    restarting: offer.restarting ?? false,
    notification: offer.notification ?? false,
    timeSeconds: offer.restartTimeSeconds ?? 120,
    families: tuples,
  };
  const { longLivedSeconds: timeSeconds } = offer;
  if (timeSeconds === undefined) return [...others, restart];
  const forwarding = offer.longLivedForwarding ?? true;
  const longLived = tuples.map((tuple) => ({ ...tuple, forwarding, timeSeconds }));
  return [...others, restart, { type: "long-lived-graceful-restart", families: longLived }];
}

/** The End-of-RIB marker of a family. */
export function endOfRib(family: Family = F.Ipv4Unicast): Uint8Array {
  const writer = new UpdateWriter({ sendLengthMax: 4096 } as PeerNegotiated);
  writer.endOfRib(family);
  return writer.take();
}
type PeerNegotiated = ConstructorParameters<typeof UpdateWriter>[0];

/** What the speaker itself says of a prefix: "best", "stale" (and best), "other", or undefined: no path of that neighbour. */
export function pathOf(rig: Rig, neighbor: Neighbor, text: string): string | undefined {
  const path = rig.speaker.rib.view.exact(prefix(text)).find(({ peer }) => peer === neighbor.peer?.index);
  if (path === undefined) return undefined;
  return `${path.best ? "best" : "other"}${path.stale ? " stale" : ""}`;
}

/** Our OPEN's capability as the neighbour received it last, from the settings and events of the speaker. */
export function offered(neighbor: Neighbor): Extract<Capability, { type: "graceful-restart" }> {
  const capability = neighbor.peer?.up?.sentOpen.capabilities.find(({ type }) => type === "graceful-restart");
  if (capability?.type !== "graceful-restart") throw new Error("no such capability");
  return capability;
}
