/** What the tests of platform/ share: real sockets with the events written down, and waiting for conditions. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { type Address, parseAddress } from "../../../src/lib/address.ts";
import { type Prefix, parsePrefix } from "../../../src/lib/prefix.ts";
import { ok, type Result } from "../../../src/lib/result.ts";
import { seconds } from "../../../src/lib/time.ts";
import {
  type CloseReason,
  type ConnectionEvents,
  type ConnectOptions,
  connectTcp,
  type ListenOptions,
  type PlatformError,
  type TcpConnection,
  TcpListener,
  type TcpOptions,
} from "../../../src/platform/index.ts";

const PATIENCE_MS = 30_000;

export function address(text: string): Address {
  const parsed = parseAddress(text);
  assert(parsed !== undefined, `${text} is no address`);
  return parsed;
}

export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  assert(parsed !== undefined, `${text} is no prefix`);
  return parsed;
}

export const LOOPBACK = address("127.0.0.1");

/** Resolves when `condition` holds; fails the test, by the name `what`, when it never does. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!condition()) {
    assert(performance.now() < end, `never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Writes down what a connection tells. */
export class Recorder implements ConnectionEvents {
  readonly connection: TcpConnection;
  readonly chunks: Uint8Array[] = [];
  length = 0;
  readonly sentReports: number[] = [];
  drainedCount = 0;
  readonly closes: CloseReason[] = [];

  constructor(connection: TcpConnection) {
    this.connection = connection;
    connection.attach(this);
  }

  received(bytes: Uint8Array): void {
    this.chunks.push(bytes.slice());
    this.length += bytes.length;
  }

  sent(outstanding: number): void {
    this.sentReports.push(outstanding);
  }

  drained(): void {
    this.drainedCount++;
  }

  closed(reason: CloseReason): void {
    this.closes.push(reason);
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  async untilClosed(): Promise<CloseReason> {
    await until(() => this.closes.length > 0, "the connection closes");
    return this.closes[0] as CloseReason;
  }
}

export interface TestListener {
  readonly listener: TcpListener;
  readonly accepted: Recorder[];
  readonly refused: string[];
  readonly port: number;
  /** Resolves with the connection that was accepted as number `index`. */
  take(index?: number): Promise<Recorder>;
}

/** A listener on loopback (any port) unless told otherwise, closed with all its connections when the test ends. */
export function listenOn(
  t: TestContext,
  options: Partial<ListenOptions> = {},
  admit: (remote: Address, local: Address) => Result<TcpOptions, string> = () => ok({}),
): TestListener {
  const accepted: Recorder[] = [];
  const refused: string[] = [];
  const opened = TcpListener.open(
    { address: LOOPBACK, port: 0, ...options },
    {
      admit,
      accepted: (connection) => accepted.push(new Recorder(connection)),
      refused: (remote, reason) => refused.push(`${remote}: ${reason}`),
      failed: (reason) => assert.fail(reason),
    },
  );
  if (!opened.ok) throw opened.error;
  const listener = opened.value;
  t.after(() => {
    listener.close();
    for (const { connection } of accepted) connection.destroy();
  });
  const take = async (index = 0) => {
    await until(() => accepted.length > index, "the connection is accepted");
    return accepted[index] as Recorder;
  };
  return { listener, accepted, refused, port: listener.port, take };
}

export type ConnectOutcome = { readonly up: Recorder } | { readonly error: PlatformError };

/** Connects to loopback unless told otherwise; destroyed when the test ends. */
export function connect(
  t: TestContext,
  options: Partial<ConnectOptions> & { readonly port: number },
): Promise<ConnectOutcome> {
  return new Promise((resolve) => {
    connectTcp(
      { remote: LOOPBACK, timeout: seconds(5), ...options },
      {
        connected: (connection) => {
          t.after(() => connection.destroy());
          resolve({ up: new Recorder(connection) });
        },
        failed: (error) => resolve({ error }),
      },
    );
  });
}

/** The connection, which has to come up. */
export async function connected(
  t: TestContext,
  options: Partial<ConnectOptions> & { readonly port: number },
): Promise<Recorder> {
  const outcome = await connect(t, options);
  if ("error" in outcome) throw outcome.error;
  return outcome.up;
}

/** The error of a connection that must not come up. */
export async function connectFails(
  t: TestContext,
  options: Partial<ConnectOptions> & { readonly port: number },
): Promise<PlatformError> {
  const outcome = await connect(t, options);
  assert("error" in outcome, "it connected");
  return outcome.error;
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
