import { formatIpv4Word } from "../../lib/address.ts";
import type { PeerConfig, Role } from "../peer-config.ts";
import {
  AS_TRANS,
  CapabilityCode,
  ErrorCode,
  encodeCapabilities,
  FAMILY_SPECS,
  type NotificationError,
  OpenError,
  type OpenMessage,
} from "../wire/index.ts";
import { commonFamilies, peerAsOf } from "./negotiate.ts";
import { multiprotocolCapabilities } from "./open-builder.ts";

/** A NOTIFICATION and, for people, what gave rise to it. */
export interface Fault {
  readonly error: NotificationError;
  readonly text: string;
}

/** RFC 9234 section 4.2, table 2: the role the neighbour must have. */
const COUNTERPART: Readonly<Record<Role, Role>> = {
  provider: "customer",
  customer: "provider",
  rs: "rs-client",
  "rs-client": "rs",
  peer: "peer",
};

/**
 * Whether a session can be had on a neighbour's OPEN, given ours: RFC 4271 section 6.2 and what later RFCs add. The
 * decoder has already seen to everything that no session can have (version, zeros, hold time 1 and 2, syntax).
 */
export function checkOpen(config: PeerConfig, sent: OpenMessage, received: OpenMessage): Fault | undefined {
  return (
    checkAs(config, sent, received) ??
    checkIdentifier(config, sent, received) ??
    checkRole(config, sent, received) ??
    checkFamilies(config, received)
  );
}

function fault(subcode: number, text: string, data: Uint8Array = new Uint8Array(0)): Fault {
  return { error: { code: ErrorCode.Open, subcode, data }, text };
}

/** RFC 4271 section 6.2. AS_TRANS in the 2-octet field alone is nobody's AS (RFC 6793 section 9). */
function checkAs(config: PeerConfig, sent: OpenMessage, received: OpenMessage): Fault | undefined {
  const as = peerAsOf(sent, received);
  if (config.peerAs === 0 ? as !== AS_TRANS : as === config.peerAs) return undefined;
  const expected = config.peerAs === 0 ? "a number of its own" : config.peerAs;
  return fault(OpenError.BadPeerAs, `the neighbour's AS is ${as}, expected ${expected}`);
}

/** RFC 6286 section 2.2: identifiers are unique within an AS. External neighbours may share ours. */
function checkIdentifier(config: PeerConfig, sent: OpenMessage, received: OpenMessage): Fault | undefined {
  if (received.identifier !== sent.identifier || peerAsOf(sent, received) !== config.localAs) return undefined;
  const text = `the neighbour has our own BGP Identifier, ${formatIpv4Word(received.identifier)}`;
  return fault(OpenError.BadBgpIdentifier, text);
}

/** RFC 9234 section 4.2. */
function checkRole(config: PeerConfig, sent: OpenMessage, received: OpenMessage): Fault | undefined {
  const { role } = config;
  if (role === undefined || peerAsOf(sent, received) === config.localAs) return undefined;
  const expected = COUNTERPART[role];
  const theirs = new Set<string>();
  for (const capability of received.capabilities) {
    if (capability.type === "role") theirs.add(capability.role);
    // A role that is not in table 2 corresponds to none of ours.
    const { type } = capability;
    if (type === "unknown" && capability.code === CapabilityCode.Role && capability.value.length === 1)
      theirs.add(`unknown (${capability.value[0]})`);
  }
  if (theirs.size === 0) {
    if (!config.roleStrict) return undefined;
    return fault(OpenError.RoleMismatch, `the neighbour has no role, expected ${expected} (strict)`);
  }
  if (theirs.size === 1 && theirs.has(expected)) return undefined;
  const text = `the neighbour's role is ${[...theirs].join(" and ")}, expected ${expected}`;
  return fault(OpenError.RoleMismatch, text);
}

/** RFC 5492 section 3: the data lists the capabilities that were missed. */
function checkFamilies(config: PeerConfig, received: OpenMessage): Fault | undefined {
  if (commonFamilies(config, received).length > 0) return undefined;
  const names = config.families.map(({ family }) => FAMILY_SPECS[family].name).join(", ");
  const data = encodeCapabilities(multiprotocolCapabilities(config));
  return fault(OpenError.UnsupportedCapability, `the neighbour carries none of our families (${names})`, data);
}
