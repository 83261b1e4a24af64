/**
 * VRRP as a library: `import { VirtualRouter } from "holdfast/vrrp"`.
 *
 * {@link VirtualRouter} is one virtual router, {@link Vrrp} all those of a node. Both are sans-I/O cores: give them what
 * happens (`handle`), call `advance` when `deadline` has come, and do what they ask for. See docs/library.md.
 */
// What a program that embeds the routers needs to talk to them.
export { Address, compareAddresses, formatAddress, parseAddress } from "../lib/address.ts";
export { Prefix, parsePrefix } from "../lib/prefix.ts";
export { type Instant, type Micros, millis, seconds } from "../lib/time.ts";
export { type RouterBasics, routerConfig } from "./defaults.ts";
export { masterDownInterval, skewTime } from "./intervals.ts";
export { ADDRESSES_MAX, INTERVAL_MAX, VRRP_GROUP_4, VRRP_GROUP_6 } from "./packet.ts";
export { Vrrp } from "./routers.ts";
export {
  VirtualRouter,
  type VirtualRouterEvents,
  type VirtualRouterInput,
  type VirtualRouterOut,
} from "./virtual-router.ts";
export type {
  DropCause,
  GratuitousConfig,
  Input,
  Out,
  ReceivedPacket,
  RouterConfig,
  RouterEvent,
  RouterName,
  RouterStatistics,
  RouterView,
  State,
  Tracker,
  UnicastConfig,
} from "./vrrp-io.ts";
