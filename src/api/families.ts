import type { Family } from "../bgp/index.ts";
import { ok } from "../lib/result.ts";
import { faultOf, invalid, type Outcome } from "./fault.ts";
import type * as api from "./messages.ts";

const NAMES: readonly { readonly afi: api.FamilyAfi; readonly safi: api.FamilySafi }[] = [
  { afi: "AFI_IP", safi: "SAFI_UNICAST" },
  { afi: "AFI_IP6", safi: "SAFI_UNICAST" },
];

/** The family as GoBGP names it. */
export const familyMessage = (family: Family): api.Family => NAMES[family] as api.Family;

/** The family that a request names. What GoBGP carries and we do not is UNIMPLEMENTED; what nobody carries, INVALID_ARGUMENT. */
export function familyOfMessage(family: api.Family | null): Outcome<Family> {
  if (family === null) return invalid("family cannot be nil");
  const found = NAMES.findIndex(({ afi, safi }) => family.afi === afi && family.safi === safi);
  if (found >= 0) return ok(found as Family);
  const name = `${family.afi} ${family.safi}`;
  const isKnown = typeof family.afi === "string" && typeof family.safi === "string";
  if (!isKnown || name.includes("UNKNOWN")) return invalid(`there is no address family ${name}`);
  return faultOf("UNIMPLEMENTED", `address family ${name} is not carried by Holdfast: it has IPv4 and IPv6 unicast`);
}
