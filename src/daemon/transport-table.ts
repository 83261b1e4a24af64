import { readFileSync } from "node:fs";
import type { Config, Password, SessionConfig } from "../config/index.ts";
import { type Address, formatAddress } from "../lib/address.ts";
import type { Prefix } from "../lib/prefix.ts";
import { fail, ok, type Result } from "../lib/result.ts";
import { hostPrefix, messageOf } from "../platform/index.ts";
import type { Transport, Transports } from "./network.ts";

export interface PeerPassword {
  readonly peer: Prefix;
  readonly password: string;
}

interface Entry {
  /** The addresses it is for: a neighbour's host prefix, or a dynamic prefix. */
  readonly peer: Prefix;
  readonly transport: Transport;
}

/** How each neighbour is reached: TTL, password, interface. Immutable: a reload makes a new one. */
export class TransportTable implements Transports {
  readonly #neighbors: ReadonlyMap<string, Entry>;
  readonly #dynamic: readonly Entry[];
  /** Every password with the addresses it is for. */
  readonly passwords: ReadonlyMap<string, PeerPassword>;

  private constructor(neighbors: ReadonlyMap<string, Entry>, dynamic: readonly Entry[]) {
    this.#neighbors = neighbors;
    this.#dynamic = dynamic;
    const passwords = new Map<string, PeerPassword>();
    for (const { peer, transport } of [...dynamic, ...neighbors.values()])
      if (transport.password !== undefined) passwords.set(peer.toString(), { peer, password: transport.password });
    this.passwords = passwords;
  }

  /** From the configuration; reads password files. The error names the file and the neighbour. */
  static of(config: Config): Result<TransportTable, string> {
    const neighbors = new Map<string, Entry>();
    const dynamic: Entry[] = [];
    try {
      for (const neighbor of config.neighbors)
        neighbors.set(formatAddress(neighbor.address), {
          peer: hostPrefix(neighbor.address),
          transport: transportOf(neighbor, `neighbor ${neighbor.address}`),
        });
      for (const { prefix, session } of config.dynamicNeighbors)
        dynamic.push({ peer: prefix, transport: transportOf(session, `dynamic neighbors ${prefix}`) });
    } catch (error) {
      return fail(messageOf(error));
    }
    dynamic.sort((a, b) => b.peer.length - a.peer.length);
    return ok(new TransportTable(neighbors, dynamic));
  }

  find(remote: Address): Transport | undefined {
    const entry = this.#neighbors.get(formatAddress(remote)) ?? this.#dynamic.find(({ peer }) => peer.contains(remote));
    return entry?.transport;
  }
}

function transportOf(session: SessionConfig, whose: string): Transport {
  return {
    ttl: session.ttl,
    password: session.password && readPassword(session.password, whose),
    device: session.bindInterface,
    localPort: session.localPort,
  };
}

/** Throws an error that names the file: a session must not come up without the password it should have. */
function readPassword(password: Password, whose: string): string {
  if ("text" in password) return password.text;
  let text: string;
  try {
    text = readFileSync(password.file, "utf8");
  } catch (error) {
    throw new Error(`${whose}: cannot read the password file ${password.file}: ${messageOf(error)}`);
  }
  const line = text.split("\n")[0]?.replace(/\r$/, "") ?? "";
  if (line === "") throw new Error(`${whose}: the first line of the password file ${password.file} is empty`);
  return line;
}
