export { Rib } from "./rib.ts";
export * from "./rib-io.ts";
export type { RibWatcher } from "./rib-watch.ts";
export type * from "./route-view.ts";
