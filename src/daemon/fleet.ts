import type { FleetView } from "../api/holdfast/index.ts";
import type { ClusterConfig } from "../config/index.ts";
import type { Disagreement, DrainWait, MasterFacts, MemberView, NodeFacts } from "../gossip/index.ts";
import { seededRng } from "../lib/rng.ts";
import { after, elapsed, type Instant, millis, NEVER, toSeconds } from "../lib/time.ts";
import type { Memberlist } from "../memberlist/index.ts";
import { type ComponentLogger, type Driver, messageOf } from "../platform/index.ts";
import type { Action, VipName, Wish } from "../vip/index.ts";
import { keysOf } from "./fleet-keys.ts";
import type { FleetLink } from "./fleet-link.ts";
import { FleetSeeds } from "./fleet-seeds.ts";

/** How long an orderly stop lets the leave spread. */
const LEAVE_TIMEOUT = millis(700);
/** After a start of gossip that failed (port taken, no address): the next attempt. */
const RETRY_MS = 5_000;
/** How often a node that waits for its turn to be drained looks. */
const DRAIN_LOOK = millis(500);

/** The gateway around the fleet. */
export interface GatewayPorts {
  /** To the gates: SetPermit. */
  permit(vip: VipName, step: "none" | Wish["step"], text: string): void;
  facts(): NodeFacts;
  masters(): readonly MasterFacts[];
  /** It is this node's turn to be drained. */
  drain(): void;
  /** For operators who watch. */
  tell(level: "info" | "warn", subject: string, text: string): void;
}

interface VipRecord {
  action: Action;
  minAnnouncers: number;
  wish: Wish | undefined;
  /** Why it is held, as was logged last. */
  heldFor: string | undefined;
}

/** One life of gossip: from a start to a reset or the end. */
interface Life {
  config: ClusterConfig;
  /** Undefined until its code has been loaded. */
  link: FleetLink | undefined;
  /** An attempt to open it; never rejects. */
  opening: Promise<void>;
  list: Memberlist | undefined;
  seeds: FleetSeeds | undefined;
  retry: NodeJS.Timeout | undefined;
  /** Nothing is answered or told any more. */
  isOver: boolean;
}

/**
 * This gateway's place in the fleet: runs gossip as `[cluster]` says, tells the others what the gates decide, and brings
 * their answers. Without `[cluster]` it does nothing, and gossip's code is not even loaded.
 */
export class FleetGateway {
  readonly #driver: Driver;
  readonly #log: ComponentLogger;
  readonly #seed: number;
  readonly #ports: GatewayPorts;
  readonly #vips = new Map<VipName, VipRecord>();
  #life: Life | undefined;
  /** The life before has let go of its port. */
  #ended: Promise<void> = Promise.resolve();
  #isStale = false;
  #drainWait: DrainWait | undefined;
  /** When to see next whether it is our turn. */
  #lookAt = NEVER;

  constructor(driver: Driver, log: ComponentLogger, seed: number, ports: GatewayPorts) {
    this.#driver = driver;
    this.#log = log;
    this.#seed = seed;
    this.#ports = ports;
    const gateway = this;
    driver.add({
      get deadline(): Instant {
        return gateway.#isStale ? (0 as Instant) : gateway.#nextDeadline;
      },
      advance: (now) => {
        if (this.#isStale) this.#refresh(now);
        this.#life?.link?.advance(now);
        if (this.#drainWait !== undefined && this.#lookAt <= now) this.#drainIfTurn(now);
      },
    });
  }

  get #nextDeadline(): Instant {
    const look = this.#drainWait === undefined ? NEVER : this.#lookAt;
    return Math.min(look, this.#life?.link?.deadline ?? NEVER) as Instant;
  }

  get drainWaits(): boolean {
    return this.#drainWait !== undefined;
  }

  /** Calls `drain` when fewer than `max` others are drained; undefined: not any more. `since`: in Unix milliseconds. */
  waitToDrain(max: number | undefined, since: number = Date.now()): void {
    const now = this.#now();
    this.#drainWait =
      max === undefined ? undefined : { since: Math.round(since / 1000), at: now, ...this.#drainWait, max };
    this.#lookAt = after(now, DRAIN_LOOK);
    this.touch();
  }

  #drainIfTurn(now: Instant): void {
    this.#lookAt = after(now, DRAIN_LOOK);
    const { link, list } = this.#life ?? {};
    const wait = this.#drainWait;
    // Who is cut off knows of nobody's drain.
    if (wait === undefined || link === undefined || list?.isolated !== false) return;
    if (!link.isTurn(now, wait)) return;
    this.#drainWait = undefined;
    this.#tell("info", "", "it is this node's turn to be drained");
    this.#ports.drain();
  }

  /** Starts, changes or ends gossip. New seeds and keys are taken up; anything else starts it anew. */
  apply(config: ClusterConfig | undefined): void {
    const life = this.#life;
    if (life !== undefined && config !== undefined && isSameNode(life.config, config)) {
      life.config = config;
      this.#update(life);
      return;
    }
    if (life !== undefined) this.#ended = this.#end(life, true);
    this.#life = config === undefined ? undefined : this.#begin(config);
  }

  /** The gate of a VIP has decided; or the VIP is new. */
  verdict(vip: VipName, action: Action, minAnnouncers: number): void {
    this.#vips.set(vip, { wish: undefined, heldFor: undefined, ...this.#vips.get(vip), action, minAnnouncers });
    this.#life?.link?.verdict(this.#now(), vip, action, minAnnouncers);
  }

  removed(vip: VipName): void {
    this.#vips.delete(vip);
    this.#life?.link?.remove(this.#now(), vip);
  }

  wish(vip: VipName, wish: Wish | undefined, minAnnouncers: number): void {
    const record = this.#vips.get(vip);
    if (record !== undefined) Object.assign(record, { wish, minAnnouncers });
    this.#life?.link?.wish(this.#now(), vip, wish, minAnnouncers);
  }

  /** Sessions, checks, the drain or virtual routers may be different: what the others are told is looked up anew. */
  touch(): void {
    this.#isStale = true;
    this.#driver.touch();
  }

  /** Tells the others that this node leaves, and calls back when that is said; or ends without a word. */
  stop(mode: "leave" | "silent", stopped: () => void): void {
    const life = this.#life;
    this.#life = undefined;
    if (life === undefined) stopped();
    else void this.#end(life, mode === "leave").then(stopped, stopped);
  }

  /** What is known of the fleet; undefined without `[cluster]`. */
  view(): FleetView | undefined {
    const life = this.#life;
    if (life === undefined) return undefined;
    const { link, list, config } = life;
    if (link === undefined) return undefined;
    const { fleet } = link;
    const members = new Map((list?.allMembers() ?? []).map((member) => [member.name, member]));
    return {
      name: config.name,
      isolated: list?.isolated ?? true,
      self: { name: config.name, state: "alive", node: fleet.self, isCurrent: true },
      members: fleet.members(),
      gossip: members,
      disagreements: fleet.disagreements(),
    };
  }

  #now(): Instant {
    this.#driver.touch();
    return this.#driver.now();
  }

  #begin(config: ClusterConfig): Life {
    const life: Life = {
      config,
      link: undefined,
      list: undefined,
      seeds: undefined,
      retry: undefined,
      opening: Promise.resolve(),
      isOver: false,
    };
    life.opening = this.#open(life);
    return life;
  }

  /** Its part of the fleet's cores; they are told what is so. */
  #link(life: Life, Link: typeof FleetLink): FleetLink {
    const now = this.#now();
    const { name, compatibility } = life.config;
    const list = () => (life.isOver ? undefined : life.list);
    const unheard = (error: unknown) => this.#log.debug(`not sent: ${messageOf(error)}`);
    const link = new Link(
      {
        name,
        epoch: Date.now(),
        quiet: compatibility === "serf",
        unixTime: (at) => Math.round(Date.now() / 1000 - toSeconds(elapsed(at, this.#driver.now()))),
      },
      seededRng(this.#seed),
      {
        send: (to, bytes) => void list()?.sendReliable(to, bytes).catch(unheard),
        broadcast: (bytes) => list()?.broadcast(bytes),
        setMeta: (meta) => void list()?.updateNode(meta).catch(unheard),
        permit: (vip, step, text) => {
          if (life.isOver) return;
          this.#logHold(vip, step, text);
          this.#ports.permit(vip, step, text);
        },
        disagreement: (what, isOver) => this.#disagreement(what, isOver),
        rejected: (text) => this.#log.limited("rejected").warn(`a message of another gateway was not taken: ${text}`),
        isIsolated: () => list()?.isolated ?? true,
      },
    );
    life.link = link;
    for (const [vip, { action, minAnnouncers, wish }] of this.#vips) {
      link.verdict(now, vip, action, minAnnouncers);
      if (wish !== undefined) link.wish(now, vip, wish, minAnnouncers);
    }
    this.touch();
    return link;
  }

  async #open(life: Life): Promise<void> {
    const { config } = life;
    try {
      const [{ Memberlist: List, resolveSeed }, { FleetLink: Link }] = await Promise.all([
        import("../memberlist/index.ts"),
        import("./fleet-link.ts"),
      ]);
      const keys = keysOf(config);
      if (!keys.ok) throw new Error(keys.error);
      await this.#ended;
      if (life.isOver) return;
      const link = life.link ?? this.#link(life, Link);
      const list = await List.create({
        name: config.name,
        profile: config.profile,
        bindAddr: config.bind.address.toString(),
        bindPort: config.bind.port,
        ...(config.advertise && {
          advertiseAddr: config.advertise.address.toString(),
          advertisePort: config.advertise.port,
        }),
        meta: link.fleet.meta,
        label: config.label,
        keys: keys.value,
        delegateVersions: config.compatibility === "serf" ? SERF : PLAIN,
        ...config.timers,
        delegate: this.#delegate(life, link),
      });
      if (life.isOver) {
        await list.shutdown();
        return;
      }
      life.list = list;
      this.#log.info(`gossip: ${config.name} at ${list.address}${keys.value.length === 0 ? ", not encrypted" : ""}`);
      life.seeds = new FleetSeeds(list, resolveSeed, config.bind.port, this.#log);
      life.seeds.set(config.seeds);
      link.isolationChanged(this.#now());
    } catch (error) {
      if (life.isOver) return;
      this.#log.error(`gossip did not start: ${messageOf(error)}; the next attempt is in ${RETRY_MS / 1000} s`);
      life.retry = setTimeout(() => {
        life.opening = this.#open(life);
      }, RETRY_MS);
    }
  }

  #delegate(life: Life, link: FleetLink) {
    const member = (view: MemberView, text: string) => {
      if (life.isOver) return;
      if (text !== "" && view.name !== life.config.name) this.#tell("info", view.name, text);
      link.member(this.#now(), view);
    };
    const received = (bytes: Uint8Array) => {
      if (!life.isOver) link.received(this.#now(), bytes);
    };
    return {
      localState: () => link.fleet.localState(),
      mergeRemoteState: received,
      notifyMsg: received,
      notifyJoin: (view: MemberView) => member(view, "is in the fleet"),
      notifyLeave: (view: MemberView) =>
        member(view, view.state === "left" ? "has left the fleet" : "is gone from the fleet"),
      notifyUpdate: (view: MemberView) => member(view, ""),
      notifySuspect: (view: MemberView) => member(view, "does not answer"),
      notifyRecover: (view: MemberView) => member(view, "answers again"),
      notifyConflict: (existing: MemberView, other: { readonly endpoint: MemberView["endpoint"] }) =>
        this.#log
          .limited(`conflict ${existing.name}`)
          .warn(`two nodes are called ${existing.name}: ${existing.endpoint.address} and ${other.endpoint.address}`),
      notifyIsolation: (isolated: boolean) => {
        if (life.isOver) return;
        // Who has just started is alone until it has found somebody.
        if (isolated && link.fleet.members().length > 0)
          this.#tell("warn", "", "cut off from all others: no VIP with `min-announcers` can be drained");
        if (!isolated) this.#tell("info", "", "others can be reached");
        link.isolationChanged(this.#now());
      },
      notifyWarning: (_: string, text: string) => this.#log.limited(text).warn(text),
    };
  }

  #update(life: Life): void {
    life.seeds?.set(life.config.seeds);
    const { list } = life;
    const keys = keysOf(life.config);
    if (!keys.ok) this.#log.error(`${keys.error}: the keys stay as they are`);
    else if (list !== undefined)
      void rotate(list, keys.value).catch((error: unknown) => this.#log.error(`keys: ${messageOf(error)}`));
  }

  async #end(life: Life, leaves: boolean): Promise<void> {
    life.isOver = true;
    clearTimeout(life.retry);
    life.seeds?.close();
    await life.opening;
    const { list } = life;
    if (list === undefined) return;
    // Not having spread in time is no reason to stay.
    if (leaves) await list.leave(LEAVE_TIMEOUT).catch(() => undefined);
    await list.shutdown();
  }

  #refresh(now: Instant): void {
    this.#isStale = false;
    const link = this.#life?.link;
    if (link === undefined) return;
    const facts = this.#ports.facts();
    const wait = facts.drain === "none" ? this.#drainWait : undefined;
    link.setFacts(now, wait === undefined ? facts : { ...facts, drain: "waiting", drainSince: wait.since });
    link.setMasters(now, this.#ports.masters());
  }

  #disagreement(what: Disagreement, isOver: boolean): void {
    const text = describeDisagreement(what);
    this.#tell(isOver ? "info" : "warn", "", isOver ? `no longer so: ${text}` : text);
  }

  /** The verdict of a VIP that is held does not change: the log would not tell of it. */
  #logHold(vip: VipName, step: "none" | Wish["step"], text: string): void {
    const record = this.#vips.get(vip);
    if (record === undefined || text.startsWith("asking ")) return;
    const heldFor = step === record.wish?.step ? undefined : text;
    if (heldFor !== undefined && heldFor !== record.heldFor) this.#log.info(`held: ${text}`, { vip });
    record.heldFor = heldFor;
  }

  /** To the log, and to operators who watch. `subject`: the other node. */
  #tell(level: "info" | "warn", subject: string, text: string): void {
    const line = subject === "" ? text : `${subject} ${text}`;
    if (level === "warn") this.#log.warn(line);
    else this.#log.info(line);
    this.#ports.tell(level, subject, text);
  }
}

/** In a line. */
export function describeDisagreement({ family, virtualRouterId, segment, masters }: Disagreement): string {
  return `VRID ${virtualRouterId} (IPv${family}) on ${segment} has ${masters.length} Masters: ${masters.join(", ")}`;
}

const PLAIN = { min: 0, max: 0, current: 0 };
const SERF = { min: 2, max: 5, current: 4 };

const LIVE: ReadonlySet<string> = new Set(["seeds", "key", "key-file"]);

/** Whether what differs can be taken up by a node that runs. */
function isSameNode(a: ClusterConfig, b: ClusterConfig): boolean {
  const isEncrypted = ({ key, keyFile }: ClusterConfig) => key !== undefined || keyFile !== undefined;
  const fixed = ({ settings }: ClusterConfig) =>
    JSON.stringify(Object.entries(settings).filter(([key]) => !LIVE.has(key)));
  return isEncrypted(a) === isEncrypted(b) && fixed(a) === fixed(b);
}

/** All of `keys` and no others, the first encrypts: in an order in which every step leaves a ring that works. */
async function rotate(list: Memberlist, keys: readonly Uint8Array[]): Promise<void> {
  const [first] = keys;
  if (first === undefined) return;
  for (const key of keys) await list.installKey(key);
  await list.useKey(first);
  const wanted = new Set(keys.map(String));
  for (const key of [...list.keys]) if (!wanted.has(String(key))) await list.removeKey(key);
}
