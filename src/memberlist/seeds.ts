import { lookup } from "node:dns/promises";
import { type Address, parseAddress } from "../lib/address.ts";

const SPELLED = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/;

/**
 * The endpoints that a seed names: "192.0.2.1", "192.0.2.1:7946", "[2001:db8::1]:7946", "2001:db8::1", "gw.example:7946".
 * A name stands for all of its addresses. Rejects on a name that does not resolve and on what is no seed.
 */
export async function resolveSeed(seed: string, defaultPort: number): Promise<{ address: Address; port: number }[]> {
  const whole = parseAddress(seed);
  if (whole !== undefined) return [{ address: whole, port: defaultPort }];
  const [, bracketed, name, portText] = SPELLED.exec(seed) ?? [];
  const host = bracketed ?? name;
  const port = portText === undefined ? defaultPort : Number(portText);
  if (host === undefined || port < 1 || port > 65_535) throw new RangeError(`not an address and port: "${seed}"`);
  const literal = parseAddress(host);
  if (literal !== undefined) return [{ address: literal, port }];
  const found = await lookup(host, { all: true });
  return found.flatMap(({ address: text }) => {
    const address = parseAddress(text);
    return address === undefined ? [] : [{ address, port }];
  });
}
