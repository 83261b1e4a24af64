import { join } from "node:path";
import type { HostWarning } from "../api/holdfast/index.ts";
import {
  type ComponentLogger,
  flushCheckedFile,
  readCheckedFile,
  removeCheckedFile,
  spawn,
  writeCheckedFile,
} from "../platform/index.ts";
import {
  type About,
  decodeRecord,
  describeOrder,
  encodeRecord,
  type HeldVip,
  type Order,
  type OrderKind,
  orderKey,
} from "./orders.ts";

/** How far a drain has come is written so long after it got there: many VIPs get there at once. */
const HELD_WRITE_MS = 20;
/** What could not be written is tried again. */
const RETRY_MS = 5_000;
/** Orders that are logged one by one. */
const NAMED_MAX = 20;

export interface StandingOrdersOptions {
  /** Where the file is. */
  readonly directory: string;
  /** False: another process writes there, or nobody can. What stands there holds all the same. */
  readonly isWritable: boolean;
  /** VIPs to be drained that are announced still, because others have not agreed. */
  readonly held: () => Iterable<HeldVip>;
}

/**
 * What operators have ordered (drains, VIPs taken down, neighbours disabled) over the end of this process, however it
 * ends, and over that of the machine: it lasts until it is taken back.
 *
 * In the file `orders` of the state directory, which is there only while there are orders. So a file that cannot be read
 * says that something was to stay away, and not what: then the whole node counts as drained. A node that does too little
 * is seen, and others do its work; one that takes traffic against an operator's word may do harm unseen.
 *
 * An order is written before its command is answered. It holds also when that fails: the answer, the log and the status
 * say that a restart would forget it, and it is tried again.
 */
export class StandingOrders {
  readonly #file: string;
  readonly #isWritable: boolean;
  readonly #log: ComponentLogger;
  readonly #held: () => Iterable<HeldVip>;
  readonly #orders = new Map<string, Order>();
  /** Orders that an operator gave to a process before this one. */
  readonly #former = new Set<string>();
  /** As the process before left it. */
  heldBefore: readonly HeldVip[];
  /** Why the file does not say what stands. */
  #unkept: string | undefined;
  /** An order has gone that is in the file still. */
  #isDirty = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;

  /** Reads what stands. */
  constructor({ directory, isWritable, held }: StandingOrdersOptions, log: ComponentLogger) {
    this.#file = join(directory, "orders");
    this.#isWritable = isWritable;
    this.#held = held;
    this.#log = log;
    const record = this.#read();
    for (const order of record.orders) {
      const key = orderKey(order.kind, order.name);
      this.#orders.set(key, order);
      this.#former.add(key);
    }
    this.heldBefore = record.held;
  }

  /** Orders of this kind that stand. */
  all(kind: OrderKind): readonly Order[] {
    return [...this.#orders.values()].filter((order) => order.kind === kind);
  }

  /** The process goes on with what the one before it was told. `isThere`: whether whom it is about is configured. */
  begin(isThere: (about: About) => boolean): void {
    this.heldBefore = this.heldBefore.filter(({ vip }) => isThere({ kind: "drain-vip", name: vip }));
    this.prune(isThere);
    const standing = [...this.#orders.values()];
    for (const order of standing.slice(0, NAMED_MAX)) this.#log.warn(describeOrder(order));
    if (standing.length > NAMED_MAX)
      this.#log.warn(`and ${standing.length - NAMED_MAX} more orders of an operator stand`);
    if (this.#isDirty) this.#save();
  }

  /** Why a restart would forget it; undefined: it would not. The same order again changes nothing. */
  give(order: Omit<Order, "since">): string | undefined {
    const key = orderKey(order.kind, order.name);
    const before = this.#orders.get(key);
    if (before === undefined || before.maxConcurrent !== order.maxConcurrent) {
      this.#former.delete(key);
      this.#orders.set(key, { ...order, since: Date.now() });
      this.#save();
    }
    return this.#unkept;
  }

  /** Why a restart would bring it back; undefined: it would not. */
  end(kind: OrderKind, name = ""): string | undefined {
    if (this.#remove(orderKey(kind, name))) this.#save();
    return this.#unkept;
  }

  /** Drops the orders about those that are configured no longer. */
  prune(isThere: (about: About) => boolean): void {
    for (const [key, order] of this.#orders) {
      if (isThere(order)) continue;
      this.#remove(key);
      this.#log.info(`no longer configured, so its order goes too: ${describeOrder(order)}`);
    }
    if (this.#isDirty) this.#saveSoon();
  }

  /** Some verdict has changed: a drain may have come further. */
  touch(): void {
    if (this.#isDrain()) this.#saveSoon();
  }

  /** What stays wrong until somebody does something. */
  warnings(): readonly HostWarning[] {
    const texts = [...this.#former].map((key) => describeOrder(this.#orders.get(key) as Order));
    if (this.#unkept !== undefined) texts.push(`a restart would not know what operators have ordered: ${this.#unkept}`);
    return texts.map((text) => ({ source: "operator", text }));
  }

  /** The process ends. What it does from here on, to leave, has not been ordered. */
  close(): void {
    if (this.#timer !== undefined) this.#save();
    clearTimeout(this.#retry);
    this.#isClosed = true;
  }

  #read(): { readonly orders: readonly Order[]; readonly held: readonly HeldVip[] } {
    const text = readCheckedFile(this.#file);
    if (text.ok && text.value === undefined) return { orders: [], held: [] };
    const record = text.ok ? decodeRecord(text.value ?? "") : text;
    if (record.ok) return record.value;
    const why = typeof record.error === "string" ? `${this.#file} ${record.error}` : record.error.message;
    this.#log.error(
      `${why}: what operators had drained, taken down or disabled is lost, so this node counts as drained`,
    );
    this.#isDirty = true;
    return { orders: [{ kind: "drain-node", name: "", since: Date.now(), text: why }], held: [] };
  }

  #remove(key: string): boolean {
    this.#former.delete(key);
    const isGone = this.#orders.delete(key);
    this.#isDirty ||= isGone;
    return isGone;
  }

  #isDrain(): boolean {
    for (const { kind, maxConcurrent } of this.#orders.values())
      if (kind === "drain-vip" || (kind === "drain-node" && maxConcurrent === undefined)) return true;
    return false;
  }

  #saveSoon(): void {
    if (!this.#isClosed) this.#timer ??= setTimeout(() => this.#save(), HELD_WRITE_MS).unref();
  }

  #save(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#retry);
    this.#timer = undefined;
    this.#retry = undefined;
    this.#isDirty = false;
    const failure = this.#isWritable ? this.#write() : `the state directory of ${this.#file} cannot be used`;
    if (failure !== undefined) {
      this.#log.limited("orders").warn(`a restart would not know what operators have ordered: ${failure}`);
      if (this.#isWritable) this.#retry = setTimeout(() => this.#save(), RETRY_MS).unref();
    }
    this.#unkept = failure;
  }

  /** Why it could not be written. */
  #write(): string | undefined {
    const orders = [...this.#orders.values()];
    const written =
      orders.length === 0
        ? removeCheckedFile(this.#file)
        : writeCheckedFile(this.#file, encodeRecord({ orders, held: this.#isDrain() ? [...this.#held()] : [] }));
    if (!written.ok) return written.error.message;
    // A disk may take its time; who waits for the answer, and the virtual routers, need not.
    spawn("orders", this.#flush(), this.#log);
    return undefined;
  }

  async #flush(): Promise<void> {
    const flushed = await flushCheckedFile(this.#file);
    if (!flushed.ok) this.#log.limited("orders").warn(`${flushed.error.message}; a crash of this machine may undo it`);
  }
}
