/** The face of platform/: everything that touches Linux, for `daemon/` to wire to the cores. */
export { flushCheckedFile, readCheckedFile, removeCheckedFile, writeCheckedFile } from "./checked-file.ts";
export { CheckRunner, type RunResult } from "./checks/check-runner.ts";
export { type Clock, monotonicNow } from "./clock.ts";
export { type Driven, Driver, type DriverStats } from "./driver.ts";
export { errnoOf, messageOf, PlatformError, type PlatformErrorCode } from "./errors.ts";
export { readTextFile } from "./files.ts";
export { createAead } from "./gossip/aead.ts";
export { firstPrivateAddress, GossipTransport, type Peer, type TransportEvents } from "./gossip/transport.ts";
export { type ComponentLogger, createLogger, type Logger, type LogOptions } from "./log.ts";
export type { LogFields, LogFormat, LogLevel } from "./log-format.ts";
export { type Md5Counters, md5Counters } from "./md5-counters.ts";
export { requireInTurns } from "./require-in-turns.ts";
export { type OpenedRunState, type PreviousRun, RunState } from "./run-state.ts";
export { notifySystemd, type ServiceState } from "./sd-notify.ts";
export { beforeExit, dieAbruptlyOnCrash, handleSignals, type SignalHandlers, type StopSignal } from "./signals.ts";
export { hostPrefix, PASSWORD_LENGTH_MAX, type TcpOptions } from "./sockopt.ts";
export { spawn } from "./spawn.ts";
export { type StreamEndpoint, StreamListener, type StreamListenerEvents } from "./stream-listener.ts";
export {
  type CloseCause,
  type CloseReason,
  type ConnectionEvents,
  OUTSTANDING_MAX,
  SEND_LOW_WATER,
  type TcpConnection,
} from "./tcp-connection.ts";
export { type ConnectAttempt, type ConnectEvents, type ConnectOptions, connectTcp } from "./tcp-connector.ts";
export { type ListenerEvents, type ListenOptions, TcpListener } from "./tcp-listener.ts";
export { linkNetwork, type ThisHost, thisHost } from "./this-host.ts";
export type {
  AddressFailure,
  HostEvents,
  HostView,
  Leftover,
  RouterPath,
  RouterPlace,
  VrrpHost,
  VrrpHostEvents,
  VrrpHostStatistics,
  VrrpPacket,
} from "./vrrp/host-io.ts";
export { openHostView } from "./vrrp/host-view.ts";
export { openVrrpHost } from "./vrrp/linux-host.ts";
