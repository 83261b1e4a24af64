import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  type Capability,
  decodeNotification,
  decodeOpen,
  decodeRouteRefresh,
  describeNotification,
  encodeKeepalive,
  encodeNotification,
  encodeOpen,
  encodeRouteRefresh,
  FAMILIES,
  Framer,
  MessageType,
  type Negotiated,
  type OpenMessage,
  type RefreshKind,
  UpdateDecoder,
} from "../../../../src/bgp/wire/index.ts";
import { fromHex, toHex } from "../../../../src/lib/bytes.ts";
import { type FamilyOption, familyWith, LogSink, session } from "./support.ts";

type TextCapability = Exclude<Capability, { type: "unknown" }> | { type: "unknown"; code: number; value: string };

/** What a message says, as JSON can hold it. */
export type Reading =
  | { readonly type: "keepalive" }
  | ({ readonly type: "open"; readonly capabilities: readonly TextCapability[] } & Omit<OpenMessage, "capabilities">)
  | {
      readonly type: "notification";
      readonly code: number;
      readonly subcode: number;
      readonly data: string;
      readonly text: string;
    }
  | { readonly type: "route-refresh"; readonly afi: number; readonly safi: number; readonly kind: RefreshKind }
  | { readonly type: "update"; readonly lines: readonly string[] }
  | { readonly type: "refused" };

export interface Vector {
  readonly name: string;
  readonly source: string;
  readonly hex: string;
  readonly reads: Reading;
  readonly session?: {
    readonly options?: readonly FamilyOption[];
    readonly peerType?: "internal";
    readonly fourOctetAs?: false;
  };
  readonly oneWay?: boolean;
}

export const VECTORS = JSON.parse(
  readFileSync(new URL("../../../vectors/bgp/messages.json", import.meta.url), "utf8"),
) as readonly Vector[];

export function sessionOf({ session: changes = {} }: Vector): Negotiated {
  const { options = [], ...rest } = changes;
  return session({ ...rest, families: FAMILIES.map((family) => familyWith(family, ...options)) });
}

/** What the message body says, by the decoder of its type; "refused" when that gives an error. */
export function readBody(type: MessageType, bytes: Uint8Array, start: number, end: number, on: Negotiated): Reading {
  switch (type) {
    case MessageType.Keepalive:
      return { type: "keepalive" };
    case MessageType.Open: {
      const open = decodeOpen(bytes, start, end);
      return open.ok ? { type: "open", ...open.value, capabilities: open.value.capabilities.map(asText) } : REFUSED;
    }
    case MessageType.Notification: {
      const error = decodeNotification(bytes, start, end);
      return { type: "notification", ...error, data: toHex(error.data), text: describeNotification(error) };
    }
    case MessageType.RouteRefresh: {
      const refresh = decodeRouteRefresh(bytes, start, end);
      return refresh.ok && refresh.value !== undefined ? { type: "route-refresh", ...refresh.value } : REFUSED;
    }
    case MessageType.Update: {
      const sink = new LogSink();
      const decoder = new UpdateDecoder(on, { treatAsWithdraw: true, loopbackNextHop: false });
      const { type: outcome } = decoder.decode(bytes, start, end, sink);
      if (outcome === "reset") assert.deepEqual(sink.lines, [], "nothing of a message that resets reaches the sink");
      return outcome === "ok" ? { type: "update", lines: sink.lines } : REFUSED;
    }
    default:
      return type satisfies never;
  }
}

const REFUSED = { type: "refused" } as const;

function asText(capability: Capability): TextCapability {
  return capability.type === "unknown" ? { ...capability, value: toHex(capability.value) } : capability;
}

/** The whole message that says `reading`; undefined for an UPDATE, which has its own round trip. */
export function writeMessage(reading: Reading): Uint8Array | undefined {
  switch (reading.type) {
    case "keepalive":
      return encodeKeepalive();
    case "open": {
      const capabilities = reading.capabilities.map((c) =>
        c.type === "unknown" ? { ...c, value: fromHex(c.value) } : c,
      );
      return encodeOpen({ ...reading, capabilities });
    }
    case "notification":
      return encodeNotification({ code: reading.code, subcode: reading.subcode, data: fromHex(reading.data) });
    case "route-refresh":
      return encodeRouteRefresh(reading);
    default:
      return undefined;
  }
}

/** Everything the framer makes of a stream given in these chunks. */
export function readStream(chunks: readonly Uint8Array[], on: Negotiated, lengthMax = 4096): Reading[] {
  const framer = new Framer();
  framer.lengthMax = lengthMax;
  const readings: Reading[] = [];
  for (const chunk of chunks) {
    framer.push(chunk);
    for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
      if (frame.type === "error") return [...readings, REFUSED];
      readings.push(readBody(frame.messageType, frame.bytes, frame.start, frame.end, on));
    }
    // The chunk is the caller's again: nobody may have kept a view of it.
    chunk.fill(0xaa);
  }
  return readings;
}
