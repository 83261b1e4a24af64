import type { Address } from "../lib/address.ts";
import type { Prefix } from "../lib/prefix.ts";
import type { LocalRouteKey } from "./local-routes.ts";
import type { PeerConfig } from "./peer-config.ts";
import type { PolicyTable } from "./policy/index.ts";
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
  | { readonly type: "AddPeer"; readonly config: PeerConfig }
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
  /** Cease/4 with the text; the session comes back by itself. */
  | { readonly type: "ResetPeer"; readonly peer: PeerName; readonly text: string }
  /** Route refresh: ask for the neighbour's routes again, or send ours again. */
  | { readonly type: "SoftReset"; readonly peer: PeerName; readonly direction: "in" | "out" | "both" }
  /** New routes of ours, or new attributes for those of the same family, prefix and path id. */
  | { readonly type: "Announce"; readonly routes: readonly LocalRoute[] }
  | { readonly type: "Withdraw"; readonly routes: readonly LocalRouteKey[] }
  /** Withdraw all that we announce, then Cease/2 with the text to everyone. No session comes up again. */
  | { readonly type: "Stop"; readonly text: string }
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
}

/** Settings of the speaker as a whole. */
export interface SpeakerConfig {
  /** Knobs of the decision process; all are off by default. */
  readonly selection?: SelectionOptions;
}
