import type { Instant } from "../lib/time.ts";
import type { Peer } from "./peer.ts";
import type { RestartLink } from "./restart-link.ts";
import type { RibLink } from "./rib-link.ts";
import type { ConnectionId, Out as SessionOut } from "./session/index.ts";
import type { Out, SpeakerEvent } from "./speaker-io.ts";

/** What is behind the sessions. */
export interface SessionHost {
  readonly out: Out;
  readonly link: RibLink;
  readonly restart: RestartLink;
  /** The time of the call that is running. */
  readonly clock: { readonly now: Instant };
  /** No input for this connection matters any more. */
  forget(connection: ConnectionId): void;
}

/** Where what one session wants done goes: to the network, the RIB, and the rules of graceful restart. */
export function sessionOutOf(peer: Peer, host: SessionHost): SessionOut {
  const { out, link, restart, clock } = host;
  const event = (what: SpeakerEvent) => out.event(peer.name, what);
  return {
    connect: (connection) => out.connect(connection, peer.config),
    close: (connection, how) => {
      host.forget(connection);
      out.close(connection, how);
    },
    send: (connection, bytes) => out.send(connection, bytes),
    stateChanged: (from, to, reason) => event({ type: "state", from, to, reason }),
    established: (up) => {
      event({ type: "established", up });
      restart.up(clock.now, peer, up);
    },
    down: (reason) => {
      event({ type: "down", reason });
      restart.down(clock.now, peer, reason);
    },
    refreshReceived: (family, kind) => link.refreshReceived(peer, family, kind),
    updateFaults: (faults) => event({ type: "update-faults", faults }),
    notificationSent: (error, text) => event({ type: "notification-sent", error, text }),
    notificationReceived: (error, text) => event({ type: "notification-received", error, text }),
    updates: link.updatesOf(peer),
  };
}
