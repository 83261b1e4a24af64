export {
  type Action,
  type CheckInput,
  type CheckState,
  CONDITIONS,
  type Condition,
  decide,
  type GateInputs,
  type Held,
  type LeaseInput,
  type Presence,
  type Reason,
  rankOf,
  type Verdict,
  type VrrpInput,
  type VrrpState,
  type WaitInput,
} from "./gate.ts";
export { Gates, type Input, type Out, type VipName } from "./gates.ts";
export {
  type DampingSettings,
  type DePreference,
  type GateSettings,
  PENALTY,
  type Severity,
  UNGATED,
} from "./settings.ts";
