export {
  DEFAULTS,
  type DelegateVersions,
  type EncryptionConfig,
  type GossipConfig,
  LAN,
  LOCAL,
  type Profile,
  WAN,
} from "./config.ts";
export type { Counters } from "./counters.ts";
export * from "./fleet/index.ts";
export type {
  Delegate,
  GossipEvent,
  Input,
  Out,
  Outcome,
  RequestId,
  StreamId,
  WarningCode,
} from "./gossip-io.ts";
export { formatEndpoint, type MemberView, sameEndpoint } from "./member.ts";
export type { Members } from "./member-table.ts";
export { Swim } from "./swim.ts";
export {
  type Aead,
  type Endpoint,
  KeyRing,
  META_MAX,
  type MemberState,
  type NodeClaim,
  type Versions,
} from "./wire/index.ts";
