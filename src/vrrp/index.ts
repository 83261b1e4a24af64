export { masterDownInterval, skewTime } from "./intervals.ts";
export { ADDRESSES_MAX, INTERVAL_MAX, VRRP_GROUP_4, VRRP_GROUP_6 } from "./packet.ts";
export { Vrrp } from "./routers.ts";
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
