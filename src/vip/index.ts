export { type Action, decide, type GateInputs, type Held, type Reason, type Verdict } from "./gate.ts";
export { Gates, type Input, type Out, type VipName } from "./gates.ts";
