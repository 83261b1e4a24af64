import type { LocalRoute, Input as SpeakerInput } from "../bgp/index.ts";
import type { VipConfig } from "../config/index.ts";
import { type Instant, NEVER } from "../lib/time.ts";
import type { Driver } from "../platform/index.ts";
import { Gates, type Verdict, type VipName } from "../vip/index.ts";
import { VipRoutes } from "./translate.ts";

/** Routes given to the speaker in one turn of the event loop: with many VIPs, others must have their turns between. */
const ROUTES_A_TURN = 2_048;

/**
 * Carries the gates' verdicts to the speaker: announce with the attributes of the configuration, or withdraw. A core
 * never calls another while it runs, so verdicts are queued here and handed on before the event loop goes on.
 */
export class Vips {
  readonly gates: Gates;
  readonly #driver: Driver;
  readonly #tell: (input: SpeakerInput) => void;
  readonly #vipRoutes = new VipRoutes();
  readonly #routes = new Map<VipName, LocalRoute>();
  /** Configurations that the gates have not heard of yet; undefined: the VIP is to go. */
  readonly #changes = new Map<VipName, VipConfig | undefined>();
  readonly #announced = new Set<VipName>();
  /** What the speaker is to be told, by VIP: the latest verdict counts. */
  readonly #queue = new Map<VipName, { readonly action: "announce" | "withdraw"; readonly route: LocalRoute }>();

  #globalAs = 0;

  constructor(driver: Driver, tell: (input: SpeakerInput) => void) {
    this.#driver = driver;
    this.#tell = tell;
    this.gates = new Gates({ verdict: (vip, verdict) => this.#verdict(vip, verdict) });
    const vips = this;
    driver.add({
      get deadline(): Instant {
        return vips.#queue.size + vips.#changes.size > 0 ? (0 as Instant) : NEVER;
      },
      advance: () => this.#turn(),
    });
  }

  /** VIPs whose route the speaker has or is about to have. */
  get announced(): ReadonlySet<VipName> {
    return this.#announced;
  }

  /**
   * Takes up VIPs, or new settings of some; undefined for one that is to go. Nothing is sent for what did not change.
   * With many of them it takes several turns of the event loop.
   */
  apply(changes: Iterable<readonly [VipName, VipConfig | undefined]>, globalAs: number): void {
    this.#globalAs = globalAs;
    if (this.#changes.size === 0) this.#vipRoutes.reset();
    for (const [name, vip] of changes) this.#changes.set(name, vip);
    this.#driver.touch();
  }

  #configure(name: VipName, vip: VipConfig): void {
    const route = this.#vipRoutes.of(vip, this.#globalAs);
    this.#routes.set(name, route);
    if (this.#announced.has(name)) this.#queue.set(name, { action: "announce", route });
    this.gates.handle(this.#driver.now(), { type: "Configure", vip: name, enabled: vip.enabled });
  }

  #remove(name: VipName): void {
    this.gates.handle(this.#driver.now(), { type: "Remove", vip: name });
    this.#routes.delete(name);
  }

  #verdict(vip: VipName, { action }: Verdict): void {
    const route = this.#routes.get(vip);
    if (route === undefined) return;
    if (action === "withdraw") this.#announced.delete(vip);
    else this.#announced.add(vip);
    this.#queue.set(vip, { action: action === "withdraw" ? action : "announce", route });
  }

  #turn(): void {
    let room = ROUTES_A_TURN;
    for (const [name, vip] of this.#changes) {
      if (room-- === 0) break;
      this.#changes.delete(name);
      if (vip === undefined) this.#remove(name);
      else this.#configure(name, vip);
    }
    this.#drain();
  }

  #drain(): void {
    const announce: LocalRoute[] = [];
    const withdraw: LocalRoute[] = [];
    for (const [vip, { action, route }] of this.#queue) {
      this.#queue.delete(vip);
      (action === "announce" ? announce : withdraw).push(route);
      if (announce.length + withdraw.length >= ROUTES_A_TURN) break;
    }
    if (withdraw.length > 0) this.#tell({ type: "Withdraw", routes: withdraw });
    if (announce.length > 0) this.#tell({ type: "Announce", routes: announce });
  }
}
