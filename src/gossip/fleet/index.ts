export { ASKS_MAX, encodeMessage as encodeFleetMessage, type WireAnswer, type WireAsk } from "./codec.ts";
export type { Disagreement } from "./conflicts.ts";
export { DRAIN_SETTLING, type DrainWait, isTurn } from "./drain-turn.ts";
export { Fleet, type Input as FleetInput, type Out as FleetOut } from "./fleet.ts";
export type { FleetMember } from "./others.ts";
export {
  type DrainState,
  type MasterFacts,
  NO_FACTS,
  type NodeFacts,
  type NodeState,
  type VipFacts,
  type VipState,
} from "./state.ts";
