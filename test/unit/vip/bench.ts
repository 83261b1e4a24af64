import { type Instant, seconds } from "../../../src/lib/time.ts";
import { type GateSettings, Gates, type Input, UNGATED, type Verdict } from "../../../src/vip/index.ts";

/** The VIP of tests that need only one. */
export const VIP = "203.0.113.10/32";

/** Gates with a clock of whole seconds; what they tell is "SECOND ACTION VIP". */
export class Bench {
  readonly told: string[] = [];
  readonly gates: Gates;
  now = 0;

  constructor() {
    this.gates = new Gates({
      verdict: (vip: string, verdict: Verdict) => {
        this.told.push(`${this.now / 1e6} ${verdict.action} ${vip}`);
      },
    });
  }

  /** Lets time pass until `second`, waking the gates when they ask for it; then hands over the inputs. */
  at(second: number, ...inputs: readonly Input[]): void {
    const until = seconds(second) as number;
    while (this.gates.deadline <= until) {
      this.now = Math.max(this.now, this.gates.deadline);
      this.gates.advance(this.now as Instant);
    }
    this.now = until;
    for (const input of inputs) this.gates.handle(this.now as Instant, input);
  }

  configure(second: number, settings: Partial<GateSettings> = {}, vip = VIP): void {
    this.at(second, { type: "Configure", vip, enabled: true, gate: { ...UNGATED, ...settings } });
  }

  /** What was told since the last time. */
  news(): readonly string[] {
    return this.told.splice(0).map((line) => line.replace(` ${VIP}`, ""));
  }
}

export const vrrp = (state: "Initialize" | "Backup" | "Master" | "Fault", instance = "gw"): Input => ({
  type: "SetVrrp",
  instance,
  state,
});
export const web = (state: "unknown" | "up" | "down", detail = ""): Input => ({
  type: "SetCheck",
  check: "web",
  state,
  detail,
});
/** The checks of a VIP that needs this one. */
export const WEB = [{ name: "web", severity: "fail" }] as const;
