import { type Address, formatIpv4Word, parseAddress, parseIpv4Word } from "../lib/address.ts";
import { toHex } from "../lib/bytes.ts";
import { type Prefix, parsePrefix } from "../lib/prefix.ts";
import { formatCommunity, parseCommunity, parseExtCommunity, parseLargeCommunity } from "./communities.ts";

/** What one value was found to be. `warning`: taken, but the operator should look at it. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T; readonly warning?: string }
  /** `why`: what exactly is wrong, where "allowed: ..." does not say it. */
  | { readonly ok: false; readonly why?: string };

/** The TOML type a value is written in. */
export type Written = "boolean" | "integer" | "number" | "string";

/** A kind of value: what it is called, what is allowed, and how it is read. */
export interface Scalar<T> {
  readonly kind: "scalar";
  readonly written: Written;
  /** For the documentation: "seconds", "address". */
  readonly name: string;
  /** For messages: "0 or 3..65535". */
  readonly allowed: string;
  /** The closed set of words, when there is one: candidates for "did you mean". */
  readonly words?: readonly string[];
  /** The value has the TOML type `written` when this is called. */
  check(value: never): Checked<T>;
  /** The value as it would be written, where `String` does not do it. */
  format?(value: T): string;
}

/** An array of values of one kind. */
export interface ListOf<T> {
  readonly kind: "list";
  readonly of: Scalar<T>;
}

export type AnyType = Scalar<unknown> | ListOf<unknown>;

const taken = <T>(value: T): Checked<T> => ({ ok: true, value });

export const listOf = <T>(of: Scalar<T>): ListOf<T> => ({ kind: "list", of });

export const boolean: Scalar<boolean> = {
  kind: "scalar",
  written: "boolean",
  name: "boolean",
  allowed: "true or false",
  check: (value: boolean) => taken(value),
};

/** A whole number in `min`..`max`; `also` is allowed besides. */
export function integer(min: number, max: number, name = "integer", also?: number): Scalar<number> {
  return {
    kind: "scalar",
    written: "integer",
    name,
    allowed: `${also === undefined ? "" : `${also} or `}${min}..${max}`,
    check: (value: number) => (value === also || (value >= min && value <= max) ? taken(value) : { ok: false }),
  };
}

/** A time in seconds, fractions allowed. */
export function seconds(min: number, max: number, also?: number): Scalar<number> {
  const { allowed, check } = integer(min, max, "seconds", also);
  return { kind: "scalar", written: "number", name: "seconds", allowed: `${allowed} seconds`, check };
}

/** A time that goes on the wire in whole seconds. */
export function wholeSeconds(min: number, max: number, also?: number): Scalar<number> {
  const { allowed, check } = integer(min, max, "seconds", also);
  return { kind: "scalar", written: "integer", name: "whole seconds", allowed: `${allowed} whole seconds`, check };
}

/** RFC 7607: 0 is reserved; RFC 6793: 23456 stands for what does not fit; RFC 7300: the last of each size is reserved. */
const RESERVED_AS: Readonly<Record<number, string>> = {
  23456: "AS 23456 is AS_TRANS, nobody's own (RFC 6793)",
  65535: "AS 65535 is reserved (RFC 7300)",
  4294967295: "AS 4294967295 is reserved (RFC 7300)",
};

/** An AS number; `zero` says what 0 means, where it means something. */
export function asNumber(zero?: string): Scalar<number> {
  return {
    kind: "scalar",
    written: "integer",
    name: "AS number",
    allowed: `1..4294967294${zero === undefined ? "" : `, or 0 (${zero})`}`,
    check: (value: number) => {
      const why = RESERVED_AS[value];
      if (why !== undefined) return { ok: false, why };
      return value >= (zero === undefined ? 1 : 0) && value <= 4294967294 ? taken(value) : { ok: false };
    },
  };
}

const encoder = new TextEncoder();

/** Text of at most `bytesMax` octets of UTF-8, at least one unless `emptyAllowed`. */
export function text(bytesMax: number, name = "string", emptyAllowed = true): Scalar<string> {
  return {
    kind: "scalar",
    written: "string",
    name,
    allowed: `${emptyAllowed ? "at most" : "1 to"} ${bytesMax} octets of text`,
    check: (value: string) => {
      const length = encoder.encode(value).length;
      if (length > bytesMax) return { ok: false, why: `it has ${length} octets` };
      return length === 0 && !emptyAllowed ? { ok: false, why: "it is empty" } : taken(value);
    },
  };
}

/** One of a few words. */
export function oneOf<const W extends string>(...words: readonly W[]): Scalar<W> {
  return {
    kind: "scalar",
    written: "string",
    name: "word",
    allowed: words.map((word) => `"${word}"`).join(", "),
    words,
    check: (value: string) => (words.includes(value as W) ? taken(value as W) : { ok: false }),
  };
}

/** One of a few numbers. */
export function oneOfNumbers<const N extends number>(...numbers: readonly N[]): Scalar<N> {
  return {
    kind: "scalar",
    written: "integer",
    name: "number",
    allowed: numbers.join(", "),
    check: (value: number) => (numbers.includes(value as N) ? taken(value as N) : { ok: false }),
  };
}

/** A value written as text that `parse` understands. */
export function parsed<T>(
  name: string,
  allowed: string,
  parse: (text: string) => T | undefined,
  format: (value: T) => string = String,
): Scalar<T> {
  return {
    kind: "scalar",
    written: "string",
    name,
    allowed,
    check: (value: string) => {
      const result = parse(value);
      return result === undefined ? { ok: false } : taken(result);
    },
    format,
  };
}

const withoutZone = (text: string): Address | undefined => {
  const address = parseAddress(text);
  return address?.zone === undefined ? address : undefined;
};

export const address = parsed("address", "an IPv4 or IPv6 address", withoutZone);

/** With a zone when, and only when, it is an IPv6 link-local address. */
export const neighborAddress: Scalar<Address> = {
  kind: "scalar",
  written: "string",
  name: "address",
  allowed: 'a unicast IPv4 or IPv6 address; a link-local one with its interface ("fe80::1%eth0")',
  check: (value: string) => {
    const parsedAddress = parseAddress(value);
    if (parsedAddress === undefined) return { ok: false };
    const linkLocal = parsedAddress.version === 6 && parsedAddress.isLinkLocal;
    if (linkLocal && parsedAddress.zone === undefined)
      return { ok: false, why: "a link-local address needs its interface" };
    if (!linkLocal && parsedAddress.zone !== undefined)
      return { ok: false, why: "only a link-local address has an interface" };
    if (parsedAddress.isUnspecified || parsedAddress.isMulticast) return { ok: false, why: "nobody has this address" };
    return taken(parsedAddress);
  },
};

/** An address of this host to connect from; "0.0.0.0" and "::" mean any. */
export const localAddress = parsed("address", "an IPv4 or IPv6 address", parseAddress);

/** A prefix. Host bits are an error, or a warning where GoBGP clears them without a word. */
export function prefix(hostBits: "error" | "warning"): Scalar<Prefix> {
  return {
    kind: "scalar",
    written: "string",
    name: "prefix",
    allowed: 'an address and a length ("192.0.2.0/24", "2001:db8::/32")',
    check: (value: string) => {
      const parsedPrefix = parsePrefix(value);
      if (parsedPrefix === undefined) return { ok: false };
      const own = parseAddress(value.slice(0, value.indexOf("/")));
      if (own === undefined || own.equals(parsedPrefix.address)) return taken(parsedPrefix);
      const why = `bits after the first ${parsedPrefix.length} are set; the prefix is ${parsedPrefix}`;
      return hostBits === "error" ? { ok: false, why } : { ok: true, value: parsedPrefix, warning: why };
    },
  };
}

/** A prefix, or an address that stands for its host prefix. */
export const prefixOrAddress = {
  ...prefix("warning"),
  name: "prefix or address",
  allowed: "an address, or a prefix",
  check: (value: string) => {
    const host = withoutZone(value);
    return prefix("warning").check((host === undefined ? value : `${host}/${host.version === 4 ? 32 : 128}`) as never);
  },
} satisfies Scalar<Prefix>;

/** A BGP identifier as a 32-bit word: an IPv4 address, not 0 (RFC 6286). */
export const routerId = parsed(
  "IPv4 address",
  'an IPv4 address other than 0.0.0.0 ("192.0.2.1")',
  (value) => {
    const word = parseIpv4Word(value);
    return word === 0 ? undefined : word;
  },
  formatIpv4Word,
);

/** As GoBGP writes it: an IPv4 address or a number, both as text. */
export const clusterId = parsed(
  "cluster id",
  'an IPv4 address or a 32-bit number, as text ("192.0.2.1", "42")',
  (value) => {
    const word = /^\d{1,10}$/.test(value) && Number(value) < 2 ** 32 ? Number(value) : parseIpv4Word(value);
    return word === 0 ? undefined : word;
  },
  formatIpv4Word,
);

export const community = parsed(
  "community",
  '"65001:100", a 32-bit number as text, or a well-known name ("no-export", "no-llgr", "blackhole")',
  parseCommunity,
  formatCommunity,
);
export const extCommunity = parsed(
  "extended community",
  '"rt:65001:100", "soo:192.0.2.1:100" or "lb:65001:125000000"',
  parseExtCommunity,
  (octets) => `0x${toHex(Uint8Array.from(octets))}`,
);
export const largeCommunity = parsed("large community", 'three 32-bit numbers ("4200000001:1:2")', parseLargeCommunity);

/** "self", or the address. */
export const nextHop = parsed<Address | "self">("next hop", '"self" or an IPv4 or IPv6 address', (value) =>
  value === "self" ? "self" : withoutZone(value),
);
