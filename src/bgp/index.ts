/**
 * The BGP speaker as a library: `import { Speaker } from "holdfast/bgp"`.
 *
 * {@link Speaker} is a sans-I/O core: give it what happens (`handle`), call `advance` when its `deadline` has come, and
 * do what it asks for through `Out`. See docs/library.md for a whole example.
 */
export { Address, formatAddress, parseAddress } from "../lib/address.ts";
export { Prefix, parsePrefix } from "../lib/prefix.ts";
export { seededRng } from "../lib/rng.ts";
export { seconds } from "../lib/time.ts";
export { localRoute, localRouteWith } from "./local-route.ts";
export { Peer } from "./peer.ts";
export type * from "./peer-config.ts";
export { peerConfig, plainFamily } from "./peer-defaults.ts";
export * from "./policy/index.ts";
export type * from "./restart/restart-view.ts";
export type {
  LocalRoute,
  PeerIndex,
  RejectReason,
  Rib,
  RibView,
  RibWatcher,
  RoutePage,
  RouteView,
  SelectionOptions,
} from "./rib/index.ts";
export { LOCAL_PEER } from "./rib/index.ts";
export {
  buildOpen,
  type ConnectionId,
  type DownReason,
  describeDown,
  type MessageCounts,
  type RestartState,
  type SessionUp,
  type State,
} from "./session/index.ts";
export { Speaker } from "./speaker.ts";
export type * from "./speaker-io.ts";
export * from "./wire/index.ts";
