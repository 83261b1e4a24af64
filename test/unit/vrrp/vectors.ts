import { readFileSync } from "node:fs";
import { type Address, parseAddress } from "../../../src/lib/address.ts";
import { fromHex } from "../../../src/lib/bytes.ts";
import { millis } from "../../../src/lib/time.ts";
import { type Advert, encodePassword } from "../../../src/vrrp/packet.ts";

interface VectorFile {
  readonly name: string;
  readonly source: string;
  readonly destination: string;
  readonly version: 2 | 3;
  readonly virtualRouterId: number;
  readonly priority: number;
  readonly intervalMs: number;
  readonly addresses: readonly string[];
  readonly checksum: "pseudo-header" | "message";
  readonly password?: string;
  readonly hex: string;
}

export interface Vector {
  readonly name: string;
  readonly source: Address;
  readonly destination: Address;
  readonly advert: Advert;
  readonly checksum: "pseudo-header" | "message";
  readonly bytes: Uint8Array;
}

export const address = (text: string): Address => {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
};

const file = `${import.meta.dirname}/../../vectors/vrrp/adverts.json`;

/** test/vectors/vrrp/adverts.json. */
export const vectors: readonly Vector[] = (JSON.parse(readFileSync(file, "utf8")) as VectorFile[]).map((v) => ({
  name: v.name,
  source: address(v.source),
  destination: address(v.destination),
  advert: {
    version: v.version,
    virtualRouterId: v.virtualRouterId,
    priority: v.priority,
    interval: millis(v.intervalMs),
    addresses: v.addresses.map(address),
    password: v.password === undefined ? undefined : encodePassword(v.password),
  },
  checksum: v.checksum,
  bytes: fromHex(v.hex),
}));
