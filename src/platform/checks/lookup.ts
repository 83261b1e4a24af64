import { type LookupAddress, lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";

/*
 * Names to addresses by the host's resolver (getaddrinfo: /etc/hosts, nsswitch, resolv.conf), for the probes.
 *
 * A lookup cannot be ended, and keeps one of the few threads that Node shares among lookups and files. While the
 * resolver hangs, checks that time out and start again would pile lookups up: therefore one is made at a time for each
 * name, and later runs wait for the same.
 */

type Waiting = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;
const waiting = new Map<string, Waiting[]>();

function lookupAll(host: string, callback: Waiting): void {
  const others = waiting.get(host);
  if (others !== undefined) {
    others.push(callback);
    return;
  }
  const callbacks = [callback];
  waiting.set(host, callbacks);
  lookup(host, { all: true }, (error, addresses) => {
    waiting.delete(host);
    for (const each of callbacks) each(error, addresses);
  });
}

/** For the `lookup` option of node:net and node:http. */
export const lookupForSocket: LookupFunction = (host, options, callback) => {
  lookupAll(host, (error, addresses) => {
    const [first] = addresses ?? [];
    if (options.all === true) callback(error, addresses);
    else callback(error, first?.address ?? "", first?.family);
  });
};

/** The first address of a name, or the address itself. Rejects with getaddrinfo's error. */
export function lookupFirst(host: string): Promise<string> {
  if (isIP(host) !== 0) return Promise.resolve(host);
  return new Promise((resolve, reject) => {
    lookupAll(host, (error, addresses) => {
      const [first] = addresses ?? [];
      if (first === undefined) reject(error ?? new Error(`${host} has no address`));
      else resolve(first.address);
    });
  });
}
