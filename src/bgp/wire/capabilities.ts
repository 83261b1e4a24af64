import { assert } from "../../lib/assert.ts";
import { Reader, Writer } from "../../lib/bytes.ts";
import { fail, ok, type Result } from "../../lib/result.ts";
import { AddPathMode, CapabilityCode, ErrorCode, OpenError, RoleValue } from "./iana.ts";
import type { NotificationError } from "./outcome.ts";

/** RFC 4724 section 3: one family of a Graceful Restart capability. */
export interface GracefulRestartFamily {
  readonly afi: number;
  readonly safi: number;
  /** The F bit: forwarding state was preserved. */
  readonly forwarding: boolean;
}

/** RFC 9494 section 3: one family of a Long-Lived Graceful Restart capability. */
export interface LongLivedFamily {
  readonly afi: number;
  readonly safi: number;
  readonly forwarding: boolean;
  /** Long-lived stale time, 24 bits. */
  readonly timeSeconds: number;
}

/** RFC 7911 section 4: one family of an ADD-PATH capability. */
export interface AddPathFamily {
  readonly afi: number;
  readonly safi: number;
  readonly send: boolean;
  readonly receive: boolean;
}

/** RFC 8950 section 4: NLRI of this family may have next hops of that AFI. */
export interface ExtendedNextHopFamily {
  readonly afi: number;
  readonly safi: number;
  readonly nextHopAfi: number;
}

export type RoleName = keyof typeof RoleValue;

/** One capability of an OPEN (RFC 5492). */
export type Capability =
  | { readonly type: "multiprotocol"; readonly afi: number; readonly safi: number }
  | { readonly type: "route-refresh" }
  | { readonly type: "enhanced-route-refresh" }
  | { readonly type: "extended-next-hop"; readonly families: readonly ExtendedNextHopFamily[] }
  | { readonly type: "extended-message" }
  | { readonly type: "four-octet-as"; readonly as: number }
  | {
      readonly type: "graceful-restart";
      /** The R bit. */
      readonly restarting: boolean;
      /** The N bit (RFC 8538). */
      readonly notification: boolean;
      /** Restart Time, 12 bits. */
      readonly timeSeconds: number;
      readonly families: readonly GracefulRestartFamily[];
    }
  | { readonly type: "long-lived-graceful-restart"; readonly families: readonly LongLivedFamily[] }
  | { readonly type: "add-path"; readonly families: readonly AddPathFamily[] }
  | { readonly type: "role"; readonly role: RoleName }
  | { readonly type: "fqdn"; readonly hostname: string; readonly domain: string }
  | { readonly type: "software-version"; readonly version: string }
  /** Not known, or known with a value that its RFC lets us ignore. */
  | { readonly type: "unknown"; readonly code: number; readonly value: Uint8Array };

/**
 * Capabilities that change how later octets are read: when one of them is malformed, ignoring it would leave both
 * sides with different ideas of the stream, so the OPEN is refused (2/0, RFC 4271 section 6.2). Any other malformed
 * capability is ignored as if it were not known (RFC 5492 section 3).
 */
const FORMAT_CHANGING: ReadonlySet<number> = new Set([
  CapabilityCode.Multiprotocol,
  CapabilityCode.ExtendedNextHop,
  CapabilityCode.ExtendedMessage,
  CapabilityCode.FourOctetAs,
  CapabilityCode.AddPath,
]);

/**
 * The capabilities in the value of one Capabilities optional parameter, in the order of the wire, repetitions included.
 * Unknown ones are kept. The error is a NOTIFICATION: 2/0 for broken TLVs or a malformed capability that changes the
 * format of messages, 2/2 for AS 0 (RFC 7607 section 2).
 */
export function decodeCapabilities(value: Uint8Array): Result<readonly Capability[], NotificationError> {
  const capabilities: Capability[] = [];
  let at = 0;
  while (at < value.length) {
    const length = value[at + 1];
    if (length === undefined || at + 2 + length > value.length) return openError(OpenError.Unspecific);
    const code = value[at] as number;
    const body = value.slice(at + 2, at + 2 + length);
    at += 2 + length;
    const capability = decodeKnown(code, body);
    if (capability === undefined && FORMAT_CHANGING.has(code)) return openError(OpenError.Unspecific);
    if (capability?.type === "four-octet-as" && capability.as === 0) return openError(OpenError.BadPeerAs);
    capabilities.push(capability ?? { type: "unknown", code, value: body });
  }
  return ok(capabilities);
}

function openError(subcode: number): { readonly ok: false; readonly error: NotificationError } {
  return fail({ code: ErrorCode.Open, subcode, data: new Uint8Array(0) });
}

/** Undefined: not known, or malformed. */
function decodeKnown(code: number, value: Uint8Array): Capability | undefined {
  const r = new Reader(value);
  switch (code) {
    case CapabilityCode.Multiprotocol: // AFI (2), reserved (1), SAFI (1)
      return value.length === 4 ? { type: "multiprotocol", afi: r.u16(), safi: r.u16() & 0xff } : undefined;
    case CapabilityCode.RouteRefresh:
      return value.length === 0 ? { type: "route-refresh" } : undefined;
    case CapabilityCode.EnhancedRouteRefresh:
      return value.length === 0 ? { type: "enhanced-route-refresh" } : undefined;
    case CapabilityCode.ExtendedMessage:
      return value.length === 0 ? { type: "extended-message" } : undefined;
    case CapabilityCode.FourOctetAs:
      return value.length === 4 ? { type: "four-octet-as", as: r.u32() } : undefined;
    case CapabilityCode.Role: {
      const role = value.length === 1 ? roleName(r.u8()) : undefined;
      return role === undefined ? undefined : { type: "role", role };
    }
    case CapabilityCode.Fqdn:
      return decodeFqdn(value);
    case CapabilityCode.SoftwareVersion:
      return value.length > 0 && value[0] === value.length - 1
        ? { type: "software-version", version: decodeText(value.subarray(1)) }
        : undefined;
    default:
      return decodeTuples(code, r);
  }
}

/** The capabilities that list families. */
function decodeTuples(code: number, r: Reader): Capability | undefined {
  switch (code) {
    case CapabilityCode.ExtendedNextHop: {
      const families = readTuples(r, 6, () => ({ afi: r.u16(), safi: r.u16(), nextHopAfi: r.u16() }));
      return families && { type: "extended-next-hop", families };
    }
    case CapabilityCode.GracefulRestart: {
      if (r.remaining < 2) return undefined;
      const head = r.u16();
      const families = readTuples(r, 4, () => ({ afi: r.u16(), safi: r.u8(), forwarding: (r.u8() & 0x80) !== 0 }));
      const [restarting, notification] = [(head & 0x8000) !== 0, (head & 0x4000) !== 0];
      return families && { type: "graceful-restart", restarting, notification, timeSeconds: head & 0xfff, families };
    }
    case CapabilityCode.LongLivedGracefulRestart: {
      const families = readTuples(r, 7, () => ({
        afi: r.u16(),
        safi: r.u8(),
        forwarding: (r.u8() & 0x80) !== 0,
        timeSeconds: r.u24(),
      }));
      return families && { type: "long-lived-graceful-restart", families };
    }
    case CapabilityCode.AddPath: {
      const tuples = readTuples(r, 4, () => ({ afi: r.u16(), safi: r.u8(), mode: r.u8() }));
      // RFC 7911 section 4: a mode other than 1, 2, 3 is ignored.
      const known = tuples?.filter(({ mode }) => mode >= AddPathMode.Receive && mode <= AddPathMode.Both);
      const families = known?.map(({ afi, safi, mode }) => ({
        afi,
        safi,
        receive: mode !== AddPathMode.Send,
        send: mode !== AddPathMode.Receive,
      }));
      return families && { type: "add-path", families };
    }
    default:
      return undefined;
  }
}

/** What `read` makes of each `size` octets that are left, or undefined when they do not divide. */
function readTuples<T>(r: Reader, size: number, read: () => T): T[] | undefined {
  return r.remaining % size === 0 ? Array.from({ length: r.remaining / size }, read) : undefined;
}

function decodeFqdn(value: Uint8Array): Capability | undefined {
  const hostLength = value[0];
  if (hostLength === undefined) return undefined;
  const domainLength = value[1 + hostLength];
  if (domainLength === undefined || 2 + hostLength + domainLength !== value.length) return undefined;
  const hostname = decodeText(value.subarray(1, 1 + hostLength));
  return { type: "fqdn", hostname, domain: decodeText(value.subarray(2 + hostLength)) };
}

function decodeText(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

function roleName(value: number): RoleName | undefined {
  return (Object.keys(RoleValue) as RoleName[]).find((name) => RoleValue[name] === value);
}

/** Code, length and value of each capability, one after the other: the value of a Capabilities optional parameter. */
export function encodeCapabilities(capabilities: readonly Capability[]): Uint8Array {
  const out = new Writer();
  for (const capability of capabilities) {
    const start = out.length;
    out.u8(codeOf(capability)).u8(0);
    encodeValue(capability, out);
    const length = out.length - start - 2;
    assert(length <= 255, `capability ${capability.type} has ${length} octets, at most 255 fit`);
    out.patchU8(start + 1, length);
  }
  return out.toBytes();
}

function codeOf(capability: Capability): number {
  switch (capability.type) {
    case "multiprotocol":
      return CapabilityCode.Multiprotocol;
    case "route-refresh":
      return CapabilityCode.RouteRefresh;
    case "enhanced-route-refresh":
      return CapabilityCode.EnhancedRouteRefresh;
    case "extended-next-hop":
      return CapabilityCode.ExtendedNextHop;
    case "extended-message":
      return CapabilityCode.ExtendedMessage;
    case "four-octet-as":
      return CapabilityCode.FourOctetAs;
    case "graceful-restart":
      return CapabilityCode.GracefulRestart;
    case "long-lived-graceful-restart":
      return CapabilityCode.LongLivedGracefulRestart;
    case "add-path":
      return CapabilityCode.AddPath;
    case "role":
      return CapabilityCode.Role;
    case "fqdn":
      return CapabilityCode.Fqdn;
    case "software-version":
      return CapabilityCode.SoftwareVersion;
    case "unknown":
      return capability.code;
    default:
      return capability satisfies never;
  }
}

function encodeValue(capability: Capability, out: Writer): void {
  switch (capability.type) {
    case "multiprotocol":
      out.u16(capability.afi).u16(capability.safi);
      return;
    case "route-refresh":
    case "enhanced-route-refresh":
    case "extended-message":
      return;
    case "extended-next-hop":
      for (const f of capability.families) out.u16(f.afi).u16(f.safi).u16(f.nextHopAfi);
      return;
    case "four-octet-as":
      out.u32(capability.as);
      return;
    case "graceful-restart":
      assert(capability.timeSeconds <= 0xfff, "restart time has 12 bits");
      out.u16((capability.restarting ? 0x8000 : 0) | (capability.notification ? 0x4000 : 0) | capability.timeSeconds);
      for (const f of capability.families)
        out
          .u16(f.afi)
          .u8(f.safi)
          .u8(f.forwarding ? 0x80 : 0);
      return;
    case "long-lived-graceful-restart":
      for (const f of capability.families)
        out
          .u16(f.afi)
          .u8(f.safi)
          .u8(f.forwarding ? 0x80 : 0)
          .u24(f.timeSeconds);
      return;
    case "add-path":
      for (const f of capability.families) out.u16(f.afi).u8(f.safi).u8(addPathMode(f));
      return;
    case "role":
      out.u8(RoleValue[capability.role]);
      return;
    case "fqdn":
      writeText(out, capability.hostname, 64);
      writeText(out, capability.domain, 64);
      return;
    case "software-version":
      writeText(out, capability.version, 64);
      return;
    case "unknown":
      out.bytes(capability.value);
      return;
    default:
      capability satisfies never;
  }
}

function addPathMode(family: AddPathFamily): number {
  assert(family.send || family.receive, "an ADD-PATH tuple sends, receives, or both");
  return (family.receive ? AddPathMode.Receive : 0) | (family.send ? AddPathMode.Send : 0);
}

/** One octet of length, then at most `max` octets of text (both drafts: 64), cut between characters. */
function writeText(out: Writer, text: string, max: number): void {
  const bytes = truncateUtf8(text, max);
  out.u8(bytes.length).bytes(bytes);
}

/** The UTF-8 octets of `text`, without the characters that would take it beyond `max` octets. */
export function truncateUtf8(text: string, max: number): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= max) return bytes;
  let end = max;
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.slice(0, end);
}
