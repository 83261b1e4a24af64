/** What a change does to the session concerned, weakest first. */
export type Effect = "live" | "soft" | "reset" | "restart";

export type Subject =
  | "global"
  | "log"
  | "neighbor"
  | "peer-group"
  | "dynamic-neighbor"
  | "vip"
  | "policy"
  | "defined-set";

export interface KeyChange {
  readonly key: string;
  /** Undefined: not there. Secrets are masked. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly effect: Effect;
}

/** One thing that differs between two configurations. */
export interface Change {
  readonly subject: Subject;
  /** The neighbour's address, the VIP's or dynamic prefix, the name; "" for global and log. */
  readonly name: string;
  readonly change: "added" | "removed" | "changed";
  /** Empty when the whole was added or removed. */
  readonly keys: readonly KeyChange[];
  /** The strongest of the keys' effects. */
  readonly effect: Effect;
}
