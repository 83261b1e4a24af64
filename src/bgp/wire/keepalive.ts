import { MessageType } from "./iana.ts";
import { frameMessage } from "./message.ts";

/** A KEEPALIVE: a header alone (RFC 4271 section 4.4). The caller owns it. */
export function encodeKeepalive(): Uint8Array {
  return frameMessage(MessageType.Keepalive, new Uint8Array(0));
}
