/** What one client may cost. Everything that a client can make grow is here or in the file that holds it. */

/** Octets of one message, each way: gRPC's own default. What is larger holds up the event loop while it is decoded. */
export const MESSAGE_OCTETS_MAX = 4 * 1024 * 1024;
/** Members of one defined set, and statements or policies in one request. */
export const SET_MEMBERS_MAX = 65_536;
export const POLICIES_MAX = 4_096;
/** Calls that one connection may have open at once. Further ones wait with the client. */
export const STREAMS_MAX = 256;
/** Octets of a call's metadata. */
export const HEADER_OCTETS_MAX = 16 * 1024;
/** A connection that was silent this long is asked whether its client is still there, and how long it has to answer. */
export const KEEPALIVE_MS = 60_000;
export const KEEPALIVE_TIMEOUT_MS = 20_000;
