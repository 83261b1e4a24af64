/*
 * The gates: one per service address (VIP), each deciding from all that is known of it what is announced, and why.
 *
 *     VRRP, checks ──> Sources ─┐                                  ┌─ Steadiness (hold-up, damping)
 *     config, admin, address,   ├─> Gate: inputs ──> decide() ──> Verdict ──> Out.verdict, when it is another one
 *     drain, lease ─────────────┘      ^                             │
 *                                      └── Agenda: wakes it when time alone changes something
 *
 * - `gate.ts` is the heart: a pure function from the conditions to an action and the chain of reasons. It knows neither
 *   time nor other VIPs. The ladder down is announce, de-prefer, gshut, withdraw.
 * - `gates.ts` holds all gates. An input is judged at once for exactly the VIPs that it concerns; thousands of VIPs on one
 *   virtual router are judged in slices, so that the event loop of a big node stays free.
 * - `gate-state.ts` is what is remembered of one VIP, `sources.ts` whom a virtual router or a check concerns.
 * - `steadiness.ts` holds back a VIP that comes and goes. It delays announcements only: a withdraw never waits.
 * - `guard.ts` asks other gateways before soft conditions withdraw a VIP that must not lose its last announcers. It holds
 *   back, it never announces.
 * - `agenda.ts` is who is to be woken when.
 *
 * What a verdict means on the wire (attributes, communities) and the order of effects (announce after the VIP is on its
 * interface, withdraw before priority 0 is said) is the daemon's.
 *
 * RFCs: 8326 (graceful shutdown: the drain), 2439 (route flap damping: `damping`), 9568 (VRRP: the state that counts).
 */
export {
  type Action,
  type CheckInput,
  type CheckState,
  CONDITIONS,
  type Condition,
  decide,
  type GateInputs,
  type GuardInput,
  type Held,
  type LeaseInput,
  type Presence,
  type Reason,
  rankOf,
  type Verdict,
  type VrrpInput,
  type VrrpState,
  type WaitInput,
  type Wish,
} from "./gate.ts";
export type { Standing } from "./gate-state.ts";
export { Gates, type Input, type Out, type VipName } from "./gates.ts";
export {
  type Announcers,
  type Answer,
  type Ask,
  Guard,
  type GuardInput as GuardEvent,
  type GuardOut,
  type GuardView,
  type Refusal,
} from "./guard.ts";
export {
  type DampingSettings,
  type DePreference,
  type GateSettings,
  PENALTY,
  type Severity,
  UNGATED,
} from "./settings.ts";
