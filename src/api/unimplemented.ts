import { ok } from "../lib/result.ts";
import { faultOf } from "./fault.ts";
import { type Methods, sourceOf, stream, unary } from "./service.ts";

/** What Holdfast does not do, and what to do instead. */
const WHY = {
  vrf: "Holdfast has no VRFs: run one instance in each network namespace",
  rpki: "Holdfast does no origin validation: let the routers that take its routes do it",
  bmp: "Holdfast sends no BMP: its own metrics and events tell what it does",
  mrt: "Holdfast writes no MRT dumps: record the session on the router, or use `holdfast events`",
  zebra: "Holdfast programs no forwarding table: it announces addresses that are on this host",
} as const;

const refuse = (why: keyof typeof WHY) => unary(() => faultOf("UNIMPLEMENTED", WHY[why]));
/** There is none, and never will be: an empty list is the truth, and what the `gobgp` command expects. */
const none = () => stream(() => ok(sourceOf([])));

/** GoBGP's RPCs for what Holdfast does not have. */
export function unimplementedMethods(): Methods {
  return {
    AddVrf: refuse("vrf"),
    DeleteVrf: refuse("vrf"),
    ListVrf: none(),
    AddRpki: refuse("rpki"),
    DeleteRpki: refuse("rpki"),
    EnableRpki: refuse("rpki"),
    DisableRpki: refuse("rpki"),
    ResetRpki: refuse("rpki"),
    ListRpki: none(),
    ListRpkiTable: none(),
    AddBmp: refuse("bmp"),
    DeleteBmp: refuse("bmp"),
    ListBmp: none(),
    EnableMrt: refuse("mrt"),
    DisableMrt: refuse("mrt"),
    EnableZebra: refuse("zebra"),
  };
}
