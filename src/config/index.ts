/*
 * The configuration: from the text of a file to plain data, and from two of these to what a reload has to do.
 *
 * The format is GoBGP 3.10's TOML with keys and tables of our own. One schema (`schema/`) says everything about every
 * key: its type, what is allowed, its default, its meaning, whether it is supported, and what a change of it does to a
 * session. All else is read from it: validation, defaults, the types of a validated file, docs/configuration.md, the
 * completeness of gobgp.toml.example, and the effect of a change. To add a key is to add a row, and the line in
 * `resolve-*.ts` that hands its value on.
 *
 *     text --smol-toml--> document --validate--> given --resolve--> Config --diffConfigs--> Change[]
 *       `--positions--> where each key stands --------> Report: every finding with its line
 *
 * - `positions.ts` scans the text a second time, for the places that the parser does not tell: only if there is a finding.
 * - `validate.ts` checks names, types and ranges. What is wrong is reported and missing from its result, so that
 *   everything after it goes on and finds the rest.
 * - `resolve*.ts` apply peer groups, then defaults, and check what keys say of one another. A key that was wrong by
 *   itself is not reported a second time for what follows from it.
 * - `diff.ts` compares effective values. What comes from a group or from `global` is compared where it arrives.
 *
 * Nothing here reads files, logs or throws on what an operator wrote: a name and a text go in, findings come out.
 * RFCs behind the checks: 4271 (timers), 4724, 8538, 9494 (restart), 5082 (GTSM), 6793, 7300, 7607 (AS numbers), 8212
 * (default policies), 8950 (next hops), 9003 (shutdown text), 9234 (roles), 9687 (send hold timer).
 */
export type * from "./config.ts";
export type * from "./config-check.ts";
export type * from "./config-cluster.ts";
export type * from "./config-vrrp.ts";
export { type Diagnostic, formatDiagnostic, formatDiagnostics } from "./diagnostic.ts";
export { type Change, diffConfigs, type KeyChange, type Subject } from "./diff.ts";
export { type Document, type Loaded, loadConfig, loadDocument } from "./load.ts";
