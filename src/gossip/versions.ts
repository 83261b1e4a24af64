import type { GossipConfig } from "./config.ts";
import type { Versions } from "./wire/index.ts";

/** Protocol versions that we can speak: TCP pings, nacks and checksums included. */
const PROTOCOL_MIN = 1;
const PROTOCOL_MAX = 5;

export function ownVersions(config: Pick<GossipConfig, "protocolVersion" | "delegateVersions">): Versions {
  const { min, max, current } = config.delegateVersions;
  return {
    protocolMin: PROTOCOL_MIN,
    protocolMax: PROTOCOL_MAX,
    protocol: config.protocolVersion,
    delegateMin: min,
    delegateMax: max,
    delegate: current,
  };
}

/** What a claim without versions amounts to. */
export const NO_VERSIONS: Versions = {
  protocolMin: 0,
  protocolMax: 0,
  protocol: 0,
  delegateMin: 0,
  delegateMax: 0,
  delegate: 0,
};

interface Speaker {
  readonly name: string;
  readonly versions: Versions | undefined;
}

/**
 * Whether all of them can be one cluster: what each speaks must be in the range of every other. Returns the first
 * obstacle in words, or undefined. Those that gave no versions are left out.
 */
export function incompatibility(speakers: Iterable<Speaker>): string | undefined {
  const known: { name: string; versions: Versions }[] = [];
  for (const { name, versions } of speakers) if (versions !== undefined) known.push({ name, versions });
  const high = (of: (v: Versions) => number) => known.reduce((max, s) => Math.max(max, of(s.versions)), 0);
  const low = (of: (v: Versions) => number) => known.reduce((min, s) => Math.min(min, of(s.versions)), 255);
  const protocolMin = high((v) => v.protocolMin);
  const protocolMax = low((v) => v.protocolMax);
  const delegateMin = high((v) => v.delegateMin);
  const delegateMax = low((v) => v.delegateMax);
  for (const { name, versions } of known) {
    if (versions.protocol < protocolMin || versions.protocol > protocolMax)
      return `${name} speaks protocol version ${versions.protocol}, not in ${protocolMin}..${protocolMax}`;
    if (versions.delegate < delegateMin || versions.delegate > delegateMax)
      return `${name} speaks delegate version ${versions.delegate}, not in ${delegateMin}..${delegateMax}`;
  }
  return undefined;
}
