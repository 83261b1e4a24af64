/** holdfast.v1: what the daemon must offer (HoldfastHost), and the service on top of it. */
export { type EventEntry, EventLog } from "./event-log.ts";
export type * from "./host.ts";
export { type Lease, type LeaseInput, type LeaseOut, Leases, type OnLapse } from "./leases.ts";
export type { ReloadPlan } from "./messages.ts";
export { planReload, type Running } from "./reload-plan.ts";
export { dePreferred } from "./route-request.ts";
export { holdfastService } from "./service.ts";
