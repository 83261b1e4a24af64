import { assert } from "../../lib/assert.ts";
import { Reader, ShortRead, Writer } from "../../lib/bytes.ts";
import { fail, ok, type Result } from "../../lib/result.ts";
import { type Capability, decodeCapabilities, encodeCapabilities } from "./capabilities.ts";
import { BGP_VERSION, ErrorCode, MessageType, OpenError, OpenParameter } from "./iana.ts";
import { frameMessage, HEADER_LENGTH, MESSAGE_LENGTH_MAX } from "./message.ts";
import type { NotificationError } from "./outcome.ts";

/** What an OPEN says (RFC 4271 section 4.2). */
export interface OpenMessage {
  readonly version: number;
  /** The 2-octet My Autonomous System field; AS_TRANS when the AS needs four (RFC 6793). */
  readonly as2: number;
  /** 0, or at least 3. */
  readonly holdTimeSeconds: number;
  /** BGP Identifier as a 32-bit word, not 0 (RFC 6286). */
  readonly identifier: number;
  readonly capabilities: readonly Capability[];
}

/**
 * Reads the body of an OPEN. Errors are those of syntax and of values that no session can have (RFC 4271 section 6.2):
 * version, AS 0, identifier 0, hold time 1 or 2, optional parameters. Whether the AS is the expected one is the
 * session's question.
 */
export function decodeOpen(bytes: Uint8Array, start: number, end: number): Result<OpenMessage, NotificationError> {
  const r = new Reader(bytes, start, end);
  try {
    return readOpen(r);
  } catch (error) {
    if (error instanceof ShortRead) return openError(OpenError.Unspecific);
    throw error;
  }
}

function readOpen(r: Reader): Result<OpenMessage, NotificationError> {
  const version = r.u8();
  // The data is the version we would have taken (2 octets).
  if (version !== BGP_VERSION) return openError(OpenError.UnsupportedVersionNumber, Uint8Array.of(0, BGP_VERSION));
  const as2 = r.u16();
  const holdTimeSeconds = r.u16();
  const identifier = r.u32();
  if (as2 === 0) return openError(OpenError.BadPeerAs); // RFC 7607 section 2
  if (holdTimeSeconds === 1 || holdTimeSeconds === 2) return openError(OpenError.UnacceptableHoldTime);
  if (identifier === 0) return openError(OpenError.BadBgpIdentifier); // RFC 6286 section 2.1
  const capabilities = readParameters(r);
  if (!capabilities.ok) return capabilities;
  return ok({ version, as2, holdTimeSeconds, identifier, capabilities: capabilities.value });
}

/** Optional parameters in the form of RFC 4271, or of RFC 9072 when the first type is 255. */
function readParameters(r: Reader): Result<readonly Capability[], NotificationError> {
  const shortLength = r.u8();
  // RFC 9072 section 2: the type 255 decides; a length of 0 means that there is no parameter at all.
  const extended = shortLength !== 0 && r.remaining >= 3 && r.bytes[r.position] === OpenParameter.ExtendedLength;
  if (extended) r.skip(1);
  const length = extended ? r.u16() : shortLength;
  if (length !== r.remaining) return openError(OpenError.Unspecific);
  const capabilities: Capability[] = [];
  while (r.remaining > 0) {
    const type = r.u8();
    const value = r.view(extended ? r.u16() : r.u8());
    if (type !== OpenParameter.Capabilities) return openError(OpenError.UnsupportedOptionalParameter);
    const decoded = decodeCapabilities(value);
    if (!decoded.ok) return decoded;
    capabilities.push(...decoded.value);
  }
  return ok(capabilities);
}

function openError(
  subcode: number,
  data = new Uint8Array(0),
): { readonly ok: false; readonly error: NotificationError } {
  return fail({ code: ErrorCode.Open, subcode, data });
}

/**
 * The whole message, header included; the caller owns it. All capabilities go into one optional parameter; RFC 9072's
 * form is used when they take more than 253 octets, and only then, for old neighbours do not know it.
 */
export function encodeOpen(open: OpenMessage): Uint8Array {
  const capabilities = encodeCapabilities(open.capabilities);
  const body = new Writer(64 + capabilities.length);
  body.u8(open.version).u16(open.as2).u16(open.holdTimeSeconds).u32(open.identifier);
  if (capabilities.length === 0) body.u8(0);
  else if (capabilities.length + 2 <= 255)
    body
      .u8(capabilities.length + 2)
      .u8(OpenParameter.Capabilities)
      .u8(capabilities.length)
      .bytes(capabilities);
  else {
    body
      .u8(255)
      .u8(OpenParameter.ExtendedLength)
      .u16(capabilities.length + 3);
    body.u8(OpenParameter.Capabilities).u16(capabilities.length).bytes(capabilities);
  }
  assert(body.length + HEADER_LENGTH <= MESSAGE_LENGTH_MAX, "an OPEN has at most 4096 octets (RFC 8654 section 4)");
  return frameMessage(MessageType.Open, body.toBytes());
}
