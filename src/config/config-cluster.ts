import type { Address } from "../lib/address.ts";
import type { Micros } from "../lib/time.ts";
import type { Settings } from "./config.ts";

/** `[cluster]`. */
export interface ClusterConfig {
  readonly name: string;
  readonly bind: { readonly address: Address; readonly port: number };
  /** Undefined: `bind`, or a private address of the host where that is "any". */
  readonly advertise: { readonly address: Address; readonly port: number } | undefined;
  /** "host", "host:port", "[v6]:port"; hosts may be names. */
  readonly seeds: readonly string[];
  /** Base64; encrypts, before those of `keyFile`. */
  readonly key: string | undefined;
  readonly keyFile: string | undefined;
  readonly label: string;
  readonly compatibility: "memberlist" | "serf";
  readonly profile: "lan" | "wan" | "local";
  /** Those that differ from the profile's. */
  readonly timers: {
    readonly probeInterval?: Micros;
    readonly probeTimeout?: Micros;
    readonly suspicionMult?: number;
    readonly gossipInterval?: Micros;
    readonly pushPullInterval?: Micros;
  };
  readonly settings: Settings;
}
