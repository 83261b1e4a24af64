/**
 * Routing policy as GoBGP defines it: what an operator's statements make of a route on its way into the RIB, and on its
 * way out.
 *
 *     DefinedSets, PolicyConfig     what the operator says (types.ts), from a file or over the API
 *           |  PolicyTable.compile: every fault by name, or a table
 *     PolicyTable                   sets and statements, ready to be asked
 *           |  bind, to one session and direction: what the session decides is worked in, what can never match falls out
 *     RoutePolicy                   what the RIB asks (rib/rib-io.ts); one object for all sessions that do not differ
 *
 * A statement matches when all its conditions hold. Then its edits are done, and its disposition accepts, rejects, or goes
 * on with the next statement, which sees the attributes as they are by then. Statements are asked in order through all
 * policies in order; when none decides, the default does. On import a policy sees what the neighbour sent; on export what
 * it would be sent, so that our AS leads the path already, but with the next hop that the route came with still known.
 *
 * Only prefix conditions differ between routes with the same attributes. They are numbers in a hash table
 * (prefix-matcher.ts); all else is evaluated on the object form of the attributes (working-route.ts, conditions.ts,
 * edits.ts) and remembered by attribute set and answers of the prefix conditions (outcome-cache.ts). A policy without
 * prefix conditions says so (`perPrefix`), and the RIB asks it once for an attribute set.
 *
 * Expressions have the syntax of Go, and match in linear time (regexp.ts): neighbours choose the text.
 *
 * Where GoBGP 3.10 is followed although one might expect something else: the longest member of a prefix set that covers a
 * route decides alone; a prefix set of the other family does not hold even inverted; a MED that would leave its range
 * stays as it was. Where it is not: "all" and "invert" of extended communities mean what they mean for the others (as
 * GoBGP does since), "lb:" matches, removal leaves other non-transitive extended communities alone, what is added is not
 * there twice, LOCAL_PREF may be set to 0, `set-route-origin` works, an AS number of four octets may stand in "rt:" and
 * "soo:" without a dot, and "unchanged" leaves a next hop that was "self" or link-local as export made it.
 *
 * RFCs: 1997, 4271, 4360, 5668, 8092, 8097, 8326 (as communities), 9012 (tunnel types).
 */
export type { RoutePolicy } from "../rib/rib-io.ts";
export * from "./policy-edit.ts";
export { type PolicyNeighbor, PolicyTable, type PolicyUse } from "./policy-table.ts";
export * from "./set-edit.ts";
export * from "./types.ts";
