import type { Input, PolicyBook, Speaker } from "../bgp/index.ts";
import type { Config } from "../config/index.ts";
import type { Prefix } from "../lib/prefix.ts";
import type { Result } from "../lib/result.ts";
import type { Instant } from "../lib/time.ts";
import type { Watch } from "./watch-log.ts";

/** A table of the configuration file, as a TOML parser gives it: keys in kebab-case. */
export type Table = Readonly<Record<string, unknown>>;

/** The order in which policies of a direction are asked, and what happens when none decides. */
export interface Assignment {
  readonly policies: readonly string[];
  readonly defaultAction: "accept" | "reject";
}

export interface Assignments {
  readonly import: Assignment;
  readonly export: Assignment;
}

/**
 * A change of the running configuration. Tables are those of the configuration file, so that a neighbour from the API
 * means what the same neighbour means in the file; undefined removes.
 */
export type ConfigEdit =
  | { readonly type: "start"; readonly global: Table }
  | { readonly type: "neighbor"; readonly address: string; readonly table: Table | undefined }
  | { readonly type: "peer-group"; readonly name: string; readonly table: Table | undefined }
  | { readonly type: "dynamic-neighbor"; readonly prefix: string; readonly peerGroup: string | undefined };

/** The daemon as the GoBGP service sees it. Views are read when they are asked for, and never kept over a turn. */
export interface ApiHost {
  readonly speaker: Pick<Speaker, "peers" | "rib" | "localRoutes" | "restartOf">;
  /** As it runs: the file, and what the API has made of it. */
  readonly config: Config;
  readonly policies: PolicyBook;
  readonly assignments: Assignments;
  now(): Instant;
  /** Unix time of an instant, in milliseconds. */
  unixMs(at: Instant): number;
  randomBytes(count: number): Uint8Array;
  tell(input: Input): void;
  /** Whether the prefix is a VIP's, announced or not. */
  isVip(prefix: Prefix): boolean;
  /** The table of a neighbour or group as it was given, before groups and defaults. */
  tableOf(kind: "neighbor" | "peer-group", name: string): Table | undefined;
  /** Nothing has changed when it fails; the words are for the operator. */
  edit(edit: ConfigEdit): Result<undefined, string>;
  setPolicies(policies: PolicyBook, assignments: Assignments): Result<undefined, string>;
  /** Withdraws everything, says Cease to everyone, and forgets neighbours, groups and policies. */
  stopBgp(): void;
  setLogLevel(level: "error" | "warn" | "info" | "debug"): void;
  readonly watch: Watch;
}
