import type { Address } from "../lib/address.ts";
import type { Instant } from "../lib/time.ts";
import type { Endpoint, MemberState, Versions } from "./wire/index.ts";

/** What this node believes of a member (or of itself). */
export interface Member {
  readonly name: string;
  endpoint: Endpoint;
  meta: Uint8Array;
  /** Only {@link MemberTable.setState} changes it. */
  state: MemberState;
  /** When `state` became what it is. */
  since: Instant;
  /** Counts the member's own claims: the higher one is the newer. */
  incarnation: number;
  versions: Versions | undefined;
}

/** A member as it was at one moment. */
export type MemberView = Readonly<Member>;

export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && a.address.equals(b.address);
}

/** "192.0.2.1:7946", "[2001:db8::1]:7946". */
export function formatEndpoint(endpoint: Endpoint): string {
  const address: Address = endpoint.address;
  return address.version === 6 ? `[${address}]:${endpoint.port}` : `${address}:${endpoint.port}`;
}
