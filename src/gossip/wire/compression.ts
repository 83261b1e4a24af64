import { type Reader, Writer } from "../../lib/bytes.ts";
import { fail, type Result } from "../../lib/result.ts";
import { COMPRESS_LZW, MessageType } from "./codes.ts";
import { lzwDecode, lzwEncode } from "./lzw.ts";
import { attempt } from "./malformed.ts";
import { Struct } from "./struct.ts";

const compressed = new Struct({ algo: "u8", buf: "octets" });

/** A message as a compressed one. It may have become longer: the caller compares. */
export function compressMessage(message: Uint8Array): Uint8Array {
  const out = new Writer(64 + message.length).u8(MessageType.Compress);
  compressed.encode(out, { algo: COMPRESS_LZW, buf: lzwEncode(message) });
  return out.toBytes();
}

/** The message within a compressed one (after its type octet): at least 1 octet, at most `max`. */
export function inflateMessage(body: Reader, max: number): Result<Uint8Array, string> {
  const inflated = attempt(() => readCompressed(body, max));
  return inflated.ok ? inflated.value : inflated;
}

/** As {@link inflateMessage}, but throws Malformed or ShortRead when the wrapper itself is not whole. */
export function readCompressed(body: Reader, max: number): Result<Uint8Array, string> {
  const { algo, buf } = compressed.decode(body);
  if (algo !== COMPRESS_LZW) return fail(`compression algorithm ${algo} is not known`);
  const inflated = lzwDecode(buf, max);
  return inflated.ok && inflated.value.length === 0 ? fail("decompressed data is empty") : inflated;
}
