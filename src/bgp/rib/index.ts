export { Rib } from "./rib.ts";
export * from "./rib-io.ts";
export type * from "./route-view.ts";
