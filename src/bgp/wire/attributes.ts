import { Address } from "../../lib/address.ts";
import { assert } from "../../lib/assert.ts";
import { Reader, toHex, Writer } from "../../lib/bytes.ts";
import { ATTRIBUTES, type AttributesDraft, attributeName } from "./attribute-table.ts";
import { AttributeFlag, AttributeType } from "./iana.ts";
import { EMPTY_ATTRIBUTES, type PathAttributes, type RawAttribute } from "./path-attributes.ts";

/**
 * The object form of the canonical attributes (sink.ts) in `bytes[start..end)`. Nothing of `bytes` is kept. Only for
 * canonical octets, which are our own: throws on anything else.
 */
export function parseAttributes(bytes: Uint8Array, start = 0, end = bytes.length): PathAttributes {
  const r = new Reader(bytes, start, end);
  const draft: AttributesDraft = { ...EMPTY_ATTRIBUTES };
  readNextHop(r, draft);
  const unknown: RawAttribute[] = [];
  const partial: number[] = [];
  while (r.remaining > 0) {
    const flags = r.u8();
    const type = r.u8();
    const length = (flags & AttributeFlag.ExtendedLength) !== 0 ? r.u16() : r.u8();
    const form = ATTRIBUTES[type]?.form;
    if (form === undefined) {
      unknown.push({ flags: flags & ~AttributeFlag.ExtendedLength, type, value: r.copy(length) });
      continue;
    }
    form.decode(r.sub(length), draft);
    if ((flags & AttributeFlag.Partial) !== 0) partial.push(type);
  }
  draft.unknown = unknown;
  if (partial.length > 0) draft.partial = partial;
  return draft;
}

function readNextHop(r: Reader, draft: AttributesDraft): void {
  const length = r.u8();
  if (length === 0) return;
  draft.nextHop = Address.fromBytes(r.view(length === 4 ? 4 : 16));
  if (length === 32) draft.linkLocalNextHop = Address.fromBytes(r.view(16));
}

/**
 * The canonical form (sink.ts) of `attributes`; the caller owns it. Asserts what only a mistake of ours can break: each
 * attribute once, none that canonical form does not hold, values that fit.
 */
export function buildAttributes(attributes: PathAttributes): Uint8Array {
  const out = new Writer();
  writeNextHop(attributes, out);
  const unknown = new Map(attributes.unknown.map((raw) => [raw.type, raw]));
  assert(unknown.size === attributes.unknown.length, "an attribute stands twice");
  const value = new Writer();
  for (let type = 0; type < 256; type++) {
    const raw = unknown.get(type);
    const spec = ATTRIBUTES[type];
    if (raw !== undefined) {
      assert(
        spec === undefined || type === AttributeType.Ipv6ExtendedCommunities,
        `${attributeName(type)} is not an unknown attribute`,
      );
      writeAttribute(out, raw.flags, type, raw.value);
    } else if (spec?.form?.present(attributes) === true) {
      value.reset();
      spec.form.encode(attributes, value);
      const partial = attributes.partial?.includes(type) === true ? AttributeFlag.Partial : 0;
      writeAttribute(out, spec.flags | partial, type, value.view());
    }
  }
  return out.toBytes();
}

function writeNextHop({ nextHop, linkLocalNextHop }: PathAttributes, out: Writer): void {
  if (nextHop === undefined) out.u8(0);
  else if (linkLocalNextHop === undefined || nextHop.version === 4) {
    const bytes = nextHop.toBytes();
    out.u8(bytes.length).bytes(bytes);
  } else out.u8(32).bytes(nextHop.toBytes()).bytes(linkLocalNextHop.toBytes());
}

function writeAttribute(out: Writer, flags: number, type: number, value: Uint8Array): void {
  assert(value.length <= 0xffff, `${attributeName(type)} has ${value.length} octets, at most 65535 fit`);
  const bits = flags & (AttributeFlag.Optional | AttributeFlag.Transitive | AttributeFlag.Partial);
  if (value.length > 255)
    out
      .u8(bits | AttributeFlag.ExtendedLength)
      .u8(type)
      .u16(value.length);
  else out.u8(bits).u8(type).u8(value.length);
  out.bytes(value);
}

/** One line for logs: "next hop 192.0.2.1, ORIGIN igp, AS_PATH 65001 65002, ...". */
export function formatAttributes(attributes: PathAttributes): string {
  const { nextHop, linkLocalNextHop, unknown } = attributes;
  const parts = nextHop === undefined ? [] : [`next hop ${nextHop}`];
  if (linkLocalNextHop !== undefined) parts.push(`link-local next hop ${linkLocalNextHop}`);
  for (const spec of ATTRIBUTES)
    if (spec?.form?.present(attributes) === true) parts.push(`${spec.name} ${spec.form.format(attributes)}`.trimEnd());
  for (const { type, flags, value } of unknown)
    parts.push(`${attributeName(type)} (flags 0x${flags.toString(16)}) ${toHex(value)}`.trimEnd());
  return parts.join(", ");
}
