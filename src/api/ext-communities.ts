import { formatIpv4Word, parseIpv4Word } from "../lib/address.ts";
import { beginAny, endAny, type PbReader, type PbWriter, readAny } from "./pb.ts";

// Extended communities (RFC 4360) as GoBGP's messages. Each is a 64-bit number here: type, subtype, six octets of value.

/** The type octet without its two flags (RFC 4360 section 2). */
const Kind = { TwoOctetAs: 0x00, Ipv4: 0x01, FourOctetAs: 0x02, Opaque: 0x03 } as const;
const NON_TRANSITIVE = 0x40;
/** Octets with both type and subtype that have messages of their own. */
const Known = {
  Color: 0x030b,
  Encap: 0x030c,
  DefaultGateway: 0x030d,
  LinkBandwidth: 0x4004,
  Validation: 0x4300,
} as const;

/** Writes one as a google.protobuf.Any in `field`. */
export function writeExtCommunity(out: PbWriter, field: number, community: bigint): void {
  const high = Number(community >> 48n);
  const type = high >>> 8;
  const subtype = high & 0xff;
  const low = Number(community & 0xffff_ffffn);
  const middle = Number((community >> 32n) & 0xffffn);
  const any = (name: string, write: () => void) => {
    const at = beginAny(out, field, name);
    write();
    endAny(out, at);
  };
  const specific = (name: string, writeAdministrator: () => void, local: number) =>
    any(name, () => {
      out.bool(1, (type & NON_TRANSITIVE) === 0);
      uint(out, 2, subtype);
      writeAdministrator();
      uint(out, 4, local);
    });
  if (high === Known.LinkBandwidth) {
    any("LinkBandwidthExtended", () => {
      uint(out, 1, middle);
      out.fixed32(2, low);
    });
  } else if (high === Known.Validation) any("ValidationExtended", () => uint(out, 1, low));
  else if (high === Known.Color) any("ColorExtended", () => uint(out, 1, low));
  else if (high === Known.Encap) any("EncapExtended", () => uint(out, 1, low & 0xffff));
  else if (high === Known.DefaultGateway) any("DefaultGatewayExtended", () => {});
  else {
    const administrator = Number((community >> 16n) & 0xffff_ffffn);
    switch (type & ~NON_TRANSITIVE) {
      case Kind.TwoOctetAs:
        specific("TwoOctetAsSpecificExtended", () => uint(out, 3, middle), low);
        break;
      case Kind.Ipv4:
        specific("IPv4AddressSpecificExtended", () => out.string(3, formatIpv4Word(administrator)), low & 0xffff);
        break;
      case Kind.FourOctetAs:
        specific("FourOctetAsSpecificExtended", () => uint(out, 3, administrator), low & 0xffff);
        break;
      case Kind.Opaque:
        any("OpaqueExtended", () => {
          out.bool(1, (type & NON_TRANSITIVE) === 0);
          out.octets(3, lowOctets(community));
        });
        break;
      default:
        any("UnknownExtended", () => {
          uint(out, 1, type);
          out.octets(2, lowOctets(community));
        });
    }
  }
}

function uint(out: PbWriter, field: number, value: number): void {
  if (value !== 0) out.uint(field, value);
}

/** All but the type octet. */
function lowOctets(community: bigint): Uint8Array {
  return Uint8Array.from({ length: 7 }, (_, i) => Number((community >> BigInt(8 * (6 - i))) & 0xffn));
}

interface Fields {
  transitive: boolean;
  subtype: number;
  as: number;
  local: number;
  address: string;
  value: Uint8Array;
  bits: number;
}

/** The community that a google.protobuf.Any says, or what is wrong with it. */
export function readExtCommunity(any: PbReader): bigint | string {
  const { type, value } = readAny(any);
  const head = (octets: number) => BigInt(octets) << 48n;
  switch (type) {
    case "TwoOctetAsSpecificExtended": {
      const { transitive, subtype, as, local } = readSpecific(value, false);
      if (as > 0xffff || subtype > 0xff) return `${type}: AS ${as} or subtype ${subtype} does not fit`;
      return head(typeOf(Kind.TwoOctetAs, transitive) | subtype) | (BigInt(as) << 32n) | BigInt(local);
    }
    case "IPv4AddressSpecificExtended":
    case "FourOctetAsSpecificExtended": {
      const isAddress = type === "IPv4AddressSpecificExtended";
      const { transitive, subtype, as, local, address } = readSpecific(value, isAddress);
      const administrator = isAddress ? parseIpv4Word(address) : as;
      if (administrator === undefined) return `${type}: ${JSON.stringify(address)} is no IPv4 address`;
      if (local > 0xffff || subtype > 0xff) return `${type}: value ${local} or subtype ${subtype} does not fit`;
      const kind = isAddress ? Kind.Ipv4 : Kind.FourOctetAs;
      return head(typeOf(kind, transitive) | subtype) | (BigInt(administrator) << 16n) | BigInt(local);
    }
    case "LinkBandwidthExtended": {
      const { as, bits } = readPlain(value);
      return head(Known.LinkBandwidth) | (BigInt(as & 0xffff) << 32n) | BigInt(bits);
    }
    case "ValidationExtended":
      return head(Known.Validation) | BigInt(readPlain(value).as & 0xff);
    case "ColorExtended":
      return head(Known.Color) | BigInt(readPlain(value).as);
    case "EncapExtended":
      return head(Known.Encap) | BigInt(readPlain(value).as & 0xffff);
    case "DefaultGatewayExtended":
      return head(Known.DefaultGateway);
    case "OpaqueExtended":
    case "UnknownExtended": {
      const fields = readPlain(value);
      const first = type === "OpaqueExtended" ? typeOf(Kind.Opaque, fields.as !== 0) >>> 8 : fields.as;
      if (fields.value.length !== 7 || first > 0xff) return `${type}: its value has seven octets`;
      return fields.value.reduce((word, octet) => (word << 8n) | BigInt(octet), BigInt(first));
    }
    default:
      return `extended community ${JSON.stringify(type)} is not known`;
  }
}

const typeOf = (kind: number, transitive: boolean) => (transitive ? kind : kind | NON_TRANSITIVE) << 8;

function readSpecific(value: PbReader, isAddress: boolean): Fields {
  const fields = noFields();
  for (let field = value.next(); field !== 0; field = value.next()) {
    if (field === 1) fields.transitive = value.bool();
    else if (field === 2) fields.subtype = value.uint();
    else if (field === 3 && isAddress) fields.address = value.string();
    else if (field === 3) fields.as = value.uint();
    else if (field === 4) fields.local = value.uint();
    else value.skip();
  }
  return fields;
}

/** Messages whose first field is a number (or bool); then a float or octets. */
function readPlain(value: PbReader): Fields {
  const fields = noFields();
  for (let field = value.next(); field !== 0; field = value.next()) {
    if (field === 1) fields.as = value.uint();
    else if (value.isFixed32) fields.bits = value.fixed32();
    else if (field === 2 || field === 3) fields.value = value.octets();
    else value.skip();
  }
  return fields;
}

function noFields(): Fields {
  return { transitive: false, subtype: 0, as: 0, local: 0, address: "", value: new Uint8Array(0), bits: 0 };
}
