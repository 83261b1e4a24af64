import { after, type Instant, NEVER, seconds } from "../../lib/time.ts";
import type { MasterFacts, NodeState } from "./state.ts";

/** A new Master is heard of before the old one says that it is none any more: shorter than this it is no disagreement. */
const SETTLING = seconds(3);
/** After a change, before all are compared: changes come in groups. */
const LOOK_DELAY = seconds(0.5);
/** Virtual routers of the whole fleet that are compared. */
const KEYS_MAX = 65_536;

/** Two or more Masters of one virtual router on one link. */
export interface Disagreement {
  readonly family: 4 | 6;
  readonly virtualRouterId: number;
  readonly segment: string;
  /** Names of the nodes, in order. */
  readonly masters: readonly string[];
  /** When this node first saw it. */
  readonly since: Instant;
}

interface Seen {
  readonly master: MasterFacts;
  readonly nodes: string[];
}

interface Conflict {
  what: Disagreement;
  told: boolean;
}

/** Compares what the nodes say they are Master of. */
export class Conflicts {
  readonly #tell: (what: Disagreement, isOver: boolean) => void;
  readonly #conflicts = new Map<string, Conflict>();
  deadline: Instant = NEVER;

  constructor(tell: (what: Disagreement, isOver: boolean) => void) {
    this.#tell = tell;
  }

  /** Something may be different: compare soon. */
  touch(now: Instant): void {
    this.#wake(after(now, LOOK_DELAY));
  }

  standing(): Disagreement[] {
    return [...this.#conflicts.values()].filter(({ told }) => told).map(({ what }) => what);
  }

  look(now: Instant, nodes: Iterable<readonly [name: string, node: NodeState]>): void {
    this.deadline = NEVER;
    const claims = collect(nodes);
    for (const [key, { what, told }] of this.#conflicts) {
      if ((claims.get(key)?.nodes.length ?? 0) > 1) continue;
      this.#conflicts.delete(key);
      if (told) this.#tell(what, true);
    }
    for (const [key, { master, nodes: names }] of claims) if (names.length > 1) this.#claim(now, key, master, names);
  }

  #claim(now: Instant, key: string, master: MasterFacts, nodes: readonly string[]): void {
    const before = this.#conflicts.get(key);
    const { family, virtualRouterId, segment } = master;
    const masters = [...nodes].sort();
    const what: Disagreement = { family, virtualRouterId, segment, masters, since: before?.what.since ?? now };
    const conflict = before ?? { what, told: false };
    conflict.what = what;
    this.#conflicts.set(key, conflict);
    if (conflict.told) return;
    const due = after(what.since, SETTLING);
    if (now < due) this.#wake(due);
    else {
      conflict.told = true;
      this.#tell(what, false);
    }
  }

  #wake(at: Instant): void {
    if (at < this.deadline) this.deadline = at;
  }
}

function collect(nodes: Iterable<readonly [name: string, node: NodeState]>): Map<string, Seen> {
  const claims = new Map<string, Seen>();
  for (const [name, { masters }] of nodes)
    for (const master of masters) {
      const key = `${master.family} ${master.virtualRouterId} ${master.segment}`;
      const seen = claims.get(key);
      if (seen === undefined) {
        if (claims.size < KEYS_MAX) claims.set(key, { master, nodes: [name] });
      } else if (seen.nodes.at(-1) !== name) seen.nodes.push(name);
    }
  return claims;
}
