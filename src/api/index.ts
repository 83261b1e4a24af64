/** The API's face: services, and the server that puts them on connections which the daemon hands in. */
export type { Access } from "./access.ts";
export { type Fault, type FaultCode, faultOf, type Outcome } from "./fault.ts";
export { gobgpService } from "./gobgp.ts";
export type { ApiHost, Assignment, Assignments, ConfigEdit, Table } from "./host.ts";
export { ApiServer, type ApiServerEvents, type Endpoint, LIBRARIES, type TlsConfig } from "./server.ts";
export type { Service } from "./service.ts";
export { Watch } from "./watch-log.ts";
