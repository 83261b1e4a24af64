import type { Micros } from "../lib/time.ts";
import type { MemberView } from "./member.ts";
import type { Endpoint, NodeClaim } from "./wire/index.ts";

/** A stream: even numbers are given by the driver (accepted), odd ones by the core (dialed). */
export type StreamId = number;
/** Names a command until it is completed; given by whoever commands. */
export type RequestId = number;

/** What comes to the core. Octets are plain Uint8Arrays (never a Buffer) and the core's from then on. */
export type Input =
  /** Become a member of one's own cluster of one; timers begin. First of all, and once. */
  | { readonly type: "start" }
  | { readonly type: "packet"; readonly from: Endpoint; readonly bytes: Uint8Array }
  /** The system would not send a packet there (no route, interface down). */
  | { readonly type: "packetFailed"; readonly to: Endpoint }
  | { readonly type: "streamAccepted"; readonly stream: StreamId; readonly from: Endpoint }
  | { readonly type: "streamConnected"; readonly stream: StreamId }
  | { readonly type: "streamData"; readonly stream: StreamId; readonly bytes: Uint8Array }
  /** Ended by the other side, failed, or never came about. Not after the core closed it itself. */
  | { readonly type: "streamClosed"; readonly stream: StreamId; readonly error?: string }
  /** Exchange states with these, and seek them again whenever they are missing. */
  | { readonly type: "join"; readonly request: RequestId; readonly seeds: readonly Endpoint[] }
  /** Seek these instead of all seeds so far: their names stand for something else now. */
  | { readonly type: "seeds"; readonly seeds: readonly Endpoint[] }
  /** Tell everybody that we leave. The node goes on answering until it is shut down. */
  | { readonly type: "leave"; readonly request: RequestId; readonly timeout: Micros }
  | {
      readonly type: "updateNode";
      readonly request: RequestId;
      readonly meta: Uint8Array;
      readonly timeout: Micros;
    }
  | {
      readonly type: "sendBestEffort" | "sendReliable";
      readonly request: RequestId;
      readonly to: string;
      readonly payload: Uint8Array;
    }
  /** Gossip a user message to all; it replaces one of the same `topic` that is still on its way. */
  | { readonly type: "broadcast"; readonly topic?: string | undefined; readonly payload: Uint8Array }
  | { readonly type: "installKey" | "useKey" | "removeKey"; readonly request: RequestId; readonly key: Uint8Array };

/** How a command ended. `contacted`: seeds that a join reached. */
export type Outcome =
  | { readonly ok: true; readonly contacted?: number }
  | { readonly ok: false; readonly error: string };

export type WarningCode =
  /** A packet or stream that could not be taken: wrong key, label, checksum, or malformed. */
  | "rejected"
  /** A node whose versions do not fit, or a push/pull that was refused. */
  | "incompatible"
  /** TCP reaches a member where UDP does not: a firewall, most often. */
  | "udp-blocked"
  /** We joined, but the cluster does not list us. */
  | "not-admitted"
  /** A limit on what we keep was reached. */
  | "limit"
  /** Our process did not run for a while. */
  | "stalled";

export type GossipEvent =
  | { readonly type: "joined" | "suspected" | "recovered" | "updated"; readonly member: MemberView }
  /** Gone: `member.state` says whether it is dead or has left. */
  | { readonly type: "gone"; readonly member: MemberView }
  /** Two nodes claim one name. The one that was there first stays. */
  | { readonly type: "conflict"; readonly existing: MemberView; readonly other: NodeClaim }
  | { readonly type: "userMessage"; readonly payload: Uint8Array }
  | { readonly type: "remoteState"; readonly payload: Uint8Array; readonly join: boolean }
  /** A member answered a probe; `payload` is what its ping delegate said. */
  | {
      readonly type: "pinged";
      readonly member: MemberView;
      readonly roundTrip: Micros;
      readonly payload: Uint8Array;
    }
  /** Whether this node believes to be cut off from everybody. While so, its view of the others is worth nothing. */
  | { readonly type: "isolation"; readonly isolated: boolean }
  | { readonly type: "warning"; readonly code: WarningCode; readonly text: string };

/** What the core wants done. Must not call back in. */
export interface Out {
  sendPacket(to: Endpoint, bytes: Uint8Array): void;
  dial(stream: StreamId, to: Endpoint): void;
  streamSend(stream: StreamId, bytes: Uint8Array): void;
  /** Send what is waiting, then close; nothing of this stream is wanted any more. */
  streamClose(stream: StreamId): void;
  event(event: GossipEvent): void;
  completed(request: RequestId, outcome: Outcome): void;
}

/** What the application decides or supplies. Asked in the midst of things: must not call back in, must not throw. */
export interface Delegate {
  /** Own state for a push/pull, at most 20 MiB. */
  localState?(join: boolean): Uint8Array;
  /** Octets that go with every ack: at most what fits a packet. */
  ackPayload?(): Uint8Array;
  /** Whether to believe that this node is alive. Why not, or undefined. */
  refuseAlive?(claim: NodeClaim): string | undefined;
  /** Whether to merge with the cluster of these nodes. Why not, or undefined. */
  refuseMerge?(nodes: readonly NodeClaim[]): string | undefined;
}
