import { fail, ok, type Result } from "../lib/result.ts";

/** Kinds of orders, each with the command that ends it. */
const KINDS = {
  "drain-node": { is: "drained", end: () => "holdfast undrain --node" },
  "drain-vip": { is: "drained", end: (name) => `holdfast undrain ${name}` },
  "down-vip": { is: "taken down", end: (name) => `holdfast up ${name}` },
  "drain-neighbor": { is: "drained", end: (name) => `holdfast undrain --peer ${name}` },
  "disable-neighbor": { is: "disabled", end: (name) => `holdfast enable ${name}` },
} as const satisfies Readonly<Record<string, { readonly is: string; readonly end: (name: string) => string }>>;
export type OrderKind = keyof typeof KINDS;

/** What an operator has ordered, to hold until he takes it back. */
export interface Order {
  readonly kind: OrderKind;
  /** The VIP's or neighbour's; "" for the node. */
  readonly name: string;
  /** Unix time in milliseconds. */
  readonly since: number;
  /** Of a node that waits for its turn to be drained: so many at once. */
  readonly maxConcurrent?: number | undefined;
  /** Why, where somebody said so. */
  readonly text?: string | undefined;
}

/** What an order is about. */
export type About = Pick<Order, "kind" | "name">;

/** A VIP that is to be drained and announced still: the guard had let it go so far, since then. */
export interface HeldVip {
  readonly vip: string;
  readonly step: "none" | "gshut";
  /** Unix time in milliseconds. */
  readonly since: number;
}

/** All that is kept of an operator's orders. */
export interface StandingRecord {
  readonly orders: readonly Order[];
  readonly held: readonly HeldVip[];
}

/** Distinguishes the orders: there is one of a kind for a name. */
export const orderKey = (kind: OrderKind, name: string): string => `${kind} ${name}`;

/** An order in words, and how to end it. */
export function describeOrder({ kind, name, since, maxConcurrent, text }: Order): string {
  const { is, end } = KINDS[kind];
  const whom = kind === "drain-node" ? "this node" : kind.endsWith("-vip") ? name : `neighbour ${name}`;
  const what = maxConcurrent === undefined ? `is still ${is}` : "still waits for its turn to be drained";
  const why = text === undefined || text === "" ? "" : ` (${text})`;
  return `${whom} ${what}, since ${new Date(since).toISOString()}${why}; \`${end(name)}\` ends it`;
}

const FORMAT = 1;
/** The last millisecond that a Date can name. */
const TIME_MAX = 8.64e15;

export function encodeRecord({ orders, held }: StandingRecord): string {
  return JSON.stringify({ format: FORMAT, orders, held });
}

/** The record as it was encoded, or what is wrong with it: of orders that cannot be read, none is guessed. */
export function decodeRecord(text: string): Result<StandingRecord, string> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return fail("is no JSON");
  }
  if (!isTable(content) || content["format"] !== FORMAT) return fail("has the format of another version");
  const { orders, held } = content;
  if (!(Array.isArray(orders) && orders.every(isOrder))) return fail("has an order that is not known here");
  if (!(Array.isArray(held) && held.every(isHeld))) return fail("has a held VIP that cannot be understood");
  return ok({ orders, held });
}

type Table = { readonly [key: string]: unknown };
const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isTime = (value: unknown) => typeof value === "number" && Math.abs(value) <= TIME_MAX;

function isOrder(value: unknown): value is Order {
  if (!isTable(value)) return false;
  const { kind, name, since, maxConcurrent, text } = value;
  return (
    typeof kind === "string" &&
    Object.hasOwn(KINDS, kind) &&
    typeof name === "string" &&
    isTime(since) &&
    (maxConcurrent === undefined || (typeof maxConcurrent === "number" && maxConcurrent > 0)) &&
    (text === undefined || typeof text === "string")
  );
}

function isHeld(value: unknown): value is HeldVip {
  if (!isTable(value)) return false;
  const { vip, step, since } = value;
  return typeof vip === "string" && (step === "none" || step === "gshut") && isTime(since);
}
