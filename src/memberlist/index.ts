/**
 * A memberlist node as a library: wire-compatible with HashiCorp's, and an API after its own. The protocol is in
 * `gossip/` (pure), the sockets are in `platform/gossip/`; this folder joins them.
 */
export { formatEndpoint, LAN, LOCAL, type MemberView, type NodeClaim, WAN, type WarningCode } from "../gossip/index.ts";
export { millis, seconds } from "../lib/time.ts";
export type { MemberlistConfig, MemberlistDelegate } from "./config.ts";
export { Memberlist, MemberlistError } from "./memberlist.ts";
export { resolveSeed } from "./seeds.ts";
