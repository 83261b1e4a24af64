/** What one client may cost. Everything that a client can make grow is here or in the file that holds it. */

/** Octets of one message, each way. GoBGP allows 256 MiB; no message that Holdfast takes or gives is near that. */
export const MESSAGE_OCTETS_MAX = 16 * 1024 * 1024;
/** Calls that one connection may have open at once. Further ones wait with the client. */
export const STREAMS_MAX = 256;
/** Octets of a call's metadata. */
export const HEADER_OCTETS_MAX = 16 * 1024;
/** A connection that was silent this long is asked whether its client is still there, and how long it has to answer. */
export const KEEPALIVE_MS = 60_000;
export const KEEPALIVE_TIMEOUT_MS = 20_000;
