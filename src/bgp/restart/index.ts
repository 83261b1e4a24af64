export { Helper } from "./helper.ts";
export { familyOfferOf, holdsOurRoutes, offerOf } from "./offers.ts";
export type * from "./restart-view.ts";
export { type Awaited, Restarting } from "./restarting.ts";
