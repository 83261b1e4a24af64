import type { Address } from "../lib/address.ts";
import type { Prefix } from "../lib/prefix.ts";
import type { Micros } from "../lib/time.ts";
import type { LocalRouteKey } from "./local-routes.ts";
import type { PeerConfig } from "./peer-config.ts";
import type { PolicyTable } from "./policy/index.ts";
import type { StaleEnd } from "./restart/restart-view.ts";
import type { LocalRoute, SelectionOptions } from "./rib/rib-io.ts";
import type { ConnectionId, DownReason, SessionUp, State } from "./session/session-io.ts";
import type { Family } from "./wire/family.ts";
import type { NotificationError, UpdateFault } from "./wire/outcome.ts";

/** A neighbour's name: its configured address as text, with the zone when link-local. */
export type PeerName = string;

/**
 * What happens to the speaker. Plain data: can be recorded and replayed. Connection numbers come from
 * `Speaker.newConnection` for connections the neighbour made, and from `Out.connect` for our own.
 */
export type Input =
  /** `disabled`: down until EnablePeer, as by DisablePeer; nothing is said to it. */
  | { readonly type: "AddPeer"; readonly config: PeerConfig; readonly disabled?: boolean }
  /** `effect`: what the change asks for. "live": nothing else happens; "soft": routes are evaluated again; "reset": Cease/6. */
  | { readonly type: "UpdatePeer"; readonly config: PeerConfig; readonly effect: "live" | "soft" | "reset" }
  /** Ends the session with Cease/3 (Peer De-configured) and forgets the neighbour. */
  | { readonly type: "RemovePeer"; readonly peer: PeerName }
  /**
   * Neighbours that may appear from anywhere in `prefix`, or new settings for them; `template.address` counts for
   * nothing. Those that are there already change as by UpdatePeer with this effect.
   */
  | {
      readonly type: "AddDynamicPeers";
      readonly prefix: Prefix;
      readonly template: PeerConfig;
      readonly effect: "live" | "soft" | "reset";
    }
  | { readonly type: "RemoveDynamicPeers"; readonly prefix: Prefix }
  /** Other defined sets and policies; every session's routes are judged again. */
  | { readonly type: "SetPolicies"; readonly policies: PolicyTable }
  | { readonly type: "EnablePeer"; readonly peer: PeerName }
  /** Cease/2 with the text (RFC 9003), and down until EnablePeer. */
  | { readonly type: "DisablePeer"; readonly peer: PeerName; readonly text: string }
  /**
   * Cease/4 with the text; the session comes back by itself. With the N bit on both sides (RFC 8538) routes are kept
   * meanwhile, unless `hard`: then it is a Hard Reset, and both sides drop them.
   */
  | { readonly type: "ResetPeer"; readonly peer: PeerName; readonly text: string; readonly hard?: boolean }
  /** Route refresh: ask for the neighbour's routes again, or send ours again. */
  | { readonly type: "SoftReset"; readonly peer: PeerName; readonly direction: "in" | "out" | "both" }
  /** New routes of ours, or new attributes for those of the same family, prefix and path id. */
  | { readonly type: "Announce"; readonly routes: readonly LocalRoute[] }
  | { readonly type: "Withdraw"; readonly routes: readonly LocalRouteKey[] }
  /**
   * RFC 8326: all that is sent to this neighbour carries GRACEFUL_SHUTDOWN from now on (and LOCAL_PREF 0 when it is
   * internal), so that it looks for other paths; sessions stay up. Until UndrainPeer, whatever else is configured.
   */
  | { readonly type: "DrainPeer"; readonly peer: PeerName }
  | { readonly type: "UndrainPeer"; readonly peer: PeerName }
  /**
   * Our own routes are not complete yet: no neighbour is told that they are (End-of-RIB), so none drops what it keeps
   * of us from before a restart. Ends with ReleaseEndOfRib, or when the longest deferral time of the neighbours is over.
   */
  | { readonly type: "HoldEndOfRib" }
  /** What was announced before this goes out before any End-of-RIB. */
  | { readonly type: "ReleaseEndOfRib" }
  /**
   * No session comes up again. "shutdown" (as when nothing is said): withdraw all that we announce, then Cease/2 with
   * the text to everyone, as a Hard Reset where the N bit is negotiated. "hold": TCP closes without a word to whoever
   * offered graceful restart, and so keeps our routes until we are back or Restart Time is over; Cease/2 to the others.
   */
  | { readonly type: "Stop"; readonly text: string; readonly mode?: "shutdown" | "hold" }
  /** After a Stop: neighbours that are added or enabled come up again, and routes are taken again. */
  | { readonly type: "Resume" }
  | { readonly type: "Accepted"; readonly connection: ConnectionId; readonly local: Address; readonly remote: Address }
  | { readonly type: "Connected"; readonly connection: ConnectionId; readonly local: Address; readonly remote: Address }
  | { readonly type: "ConnectFailed"; readonly connection: ConnectionId; readonly reason: string }
  | { readonly type: "Closed"; readonly connection: ConnectionId; readonly reason: string }
  | { readonly type: "Received"; readonly connection: ConnectionId; readonly bytes: Uint8Array }
  | { readonly type: "Sent"; readonly connection: ConnectionId; readonly outstanding: number };

/** What happens to a connection that the speaker knows. */
export type ConnectionInput = Exclude<
  Extract<Input, { readonly connection: ConnectionId }>,
  { readonly type: "Accepted" }
>;

/** What the speaker tells of itself: for logs, the API and metrics. */
export type SpeakerEvent =
  | { readonly type: "state"; readonly from: State; readonly to: State; readonly reason: string }
  | { readonly type: "established"; readonly up: SessionUp }
  | { readonly type: "down"; readonly reason: DownReason }
  | { readonly type: "notification-sent"; readonly error: NotificationError; readonly text: string }
  | { readonly type: "notification-received"; readonly error: NotificationError; readonly text: string }
  | { readonly type: "update-faults"; readonly faults: readonly UpdateFault[] }
  | {
      readonly type: "prefix-limit";
      readonly family: Family;
      readonly count: number;
      readonly max: number;
      readonly exceeded: boolean;
    }
  | { readonly type: "end-of-rib"; readonly family: Family }
  | { readonly type: "end-of-rib-sent"; readonly family: Family }
  /** The session ended, and the neighbour's routes of these families are kept as stale (RFC 4724 section 4.2). */
  | { readonly type: "stale-kept"; readonly families: readonly Family[]; readonly restartTime: Micros }
  /** Restart Time is over: what is still stale counts as last resort for this long (RFC 9494). */
  | { readonly type: "long-lived-stale"; readonly family: Family; readonly staleTime: Micros }
  /** Stale routes are being removed; `count` of them were not announced again. */
  | { readonly type: "stale-removed"; readonly family: Family; readonly count: number; readonly why: StaleEnd }
  | { readonly type: "peer-added"; readonly dynamic: boolean }
  | { readonly type: "peer-removed" }
  /** A connection from somebody we do not expect was closed. */
  | { readonly type: "refused"; readonly reason: string }
  /** A fault of ours in this peer's session: it was reset, the others never noticed. */
  | { readonly type: "internal-error"; readonly error: unknown };

/** What the speaker wants done. Called during `handle` or `advance`; must not call back in. */
export interface Out {
  /** Open a TCP connection to this neighbour; answered by Connected or ConnectFailed. */
  connect(connection: ConnectionId, peer: PeerConfig): void;
  /** Close once everything sent before is out; "abort": now. */
  close(connection: ConnectionId, how?: "abort" | undefined): void;
  /** Octets to send: they belong to the receiver of this call. May be shared with other connections: never write to them. */
  send(connection: ConnectionId, bytes: Uint8Array): void;
  event(peer: PeerName, event: SpeakerEvent): void;
  /** Our own restart is over: OPENs have no R bit any more. "timeout": somebody was waited for in vain. */
  restartOver?(how: "complete" | "timeout"): void;
}

/** Settings of the speaker as a whole. */
export interface SpeakerConfig {
  /** Knobs of the decision process; all are off by default. */
  readonly selection?: SelectionOptions;
  /** This process follows on one whose routes the neighbours may still hold (RFC 4724 section 4.1). */
  readonly restart?: RestartConfig | undefined;
}

/** How we come back from a restart. */
export interface RestartConfig {
  /** Families whose packets were forwarded all the while: the F bit, which must be true. */
  readonly forwarding: readonly Family[];
}
