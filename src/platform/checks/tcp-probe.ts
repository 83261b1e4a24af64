import { connect } from "node:net";
import type { Probe } from "../../health/index.ts";
import { lookupForSocket } from "./lookup.ts";
import { explain, failure, type RunProbe, settle, success } from "./outcome.ts";

/** Connects and hangs up. A name with several addresses is up when one of them answers. */
export const runTcpProbe: RunProbe<Probe & { type: "tcp" }> = ({ host, port }, signal) =>
  settle(signal, (done) => {
    const socket = connect({ host, port, lookup: lookupForSocket });
    socket.on("connect", () => done(success("connected")));
    socket.on("error", (error) => done(failure(explain(error))));
    return () => socket.destroy();
  });
