/**
 * The BGP codec: octets to meaning and back, and nothing else. No state of a session lives here but what reading its
 * stream needs; what both OPENs agreed on is an argument (`Negotiated`).
 *
 * From the wire. `Framer` cuts the TCP stream into messages and finds what is wrong with their headers. The session gives
 * each body to `decodeOpen`, `decodeNotification`, `decodeRouteRefresh` or its `UpdateDecoder`. Errors are values: a
 * `NotificationError` ready to be sent, or, for an UPDATE, an `UpdateOutcome` by RFC 7606. An UPDATE goes through
 *
 *     AttributeScan, MpFields   every attribute judged by its row in attribute-table.ts, noted by position
 *     CanonicalBuilder          attributes in the one form that the RIB compares and keeps (sink.ts)
 *     NlriColumns               prefixes as columns, a batch at a time, to the `UpdateSink`
 *
 * and only a message that was judged as a whole reaches the sink. UpdateFaults keeps the strictest handling that any part
 * asked for.
 *
 * To the wire. `encodeOpen`, `encodeNotification`, `encodeKeepalive`, `encodeRouteRefresh` give whole messages. Routes go
 * through `UpdateWriter`, which packs prefixes with equal attributes into messages of the session's size; AttributeWire
 * turns canonical attributes into what the session speaks.
 *
 * For people. `parseAttributes` and `buildAttributes` convert canonical octets to objects and back; communities.ts and
 * as-path-text.ts read and write text; `describeNotification` puts errors into words. iana.ts has every number.
 *
 * RFCs: 1997, 2545, 2918, 4271, 4360, 4456, 4486, 4724, 4760, 5065 (segments only), 5492, 6286, 6608, 6793, 7311, 7313, 7606,
 * 7607, 7911, 8092, 8326, 8538, 8654, 8950, 9003, 9072, 9234, 9384, 9494, 9687.
 */

export { countAsPath } from "./as-path.ts";
export * from "./as-path-text.ts";
export { ATTRIBUTES, type AttributeSpec, attributeName } from "./attribute-table.ts";
export * from "./attributes.ts";
export * from "./canonical.ts";
export * from "./capabilities.ts";
export * from "./communities.ts";
export * from "./family.ts";
export * from "./framer.ts";
export * from "./iana.ts";
export * from "./keepalive.ts";
export * from "./message.ts";
export type * from "./negotiated.ts";
export { NLRI_BATCH_MAX } from "./nlri.ts";
export * from "./notification.ts";
export * from "./open.ts";
export type * from "./outcome.ts";
export * from "./path-attributes.ts";
export * from "./route-refresh.ts";
export type * from "./sink.ts";
export * from "./update-decode.ts";
export * from "./update-encode.ts";
