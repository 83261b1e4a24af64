/**
 * One end of a connection, to be run in a network namespace of its own by netns.test.ts:
 * `endpoint.ts listen|connect JSON`. Prints what happens as JSON lines and lives until it is killed.
 */
import { ok } from "../../../src/lib/result.ts";
import { seconds } from "../../../src/lib/time.ts";
import { connectTcp, type TcpConnection, TcpListener } from "../../../src/platform/index.ts";
import { address, bytesOf } from "./harness.ts";

export interface EndpointOptions {
  readonly address: string;
  readonly port: number;
  readonly local?: string;
  readonly device?: string;
  readonly minTtl?: number;
  readonly timeoutSeconds?: number;
}

export type EndpointEvent =
  | { readonly type: "listening" }
  | { readonly type: "up"; readonly local: string; readonly remote: string }
  | { readonly type: "received"; readonly text: string }
  | { readonly type: "failed"; readonly text: string; readonly errno?: string | undefined }
  | { readonly type: "refused"; readonly text: string }
  | { readonly type: "closed"; readonly text: string };

function tell(event: EndpointEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function greet(connection: TcpConnection): void {
  tell({ type: "up", local: `${connection.local}`, remote: `${connection.remote}` });
  connection.attach({
    received: (bytes) => tell({ type: "received", text: Buffer.from(bytes).toString() }),
    sent: () => {},
    drained: () => {},
    closed: ({ text }) => tell({ type: "closed", text }),
  });
  connection.send(bytesOf("hello"));
}

const [mode, json] = process.argv.slice(2) as [string, string];
const given = JSON.parse(json) as EndpointOptions;
const { port, device, minTtl } = given;
if (mode === "listen") {
  const opened = TcpListener.open(
    { address: address(given.address), port, device },
    {
      admit: () => ok({ minTtl }),
      accepted: greet,
      refused: (remote, reason) => tell({ type: "refused", text: `${remote}: ${reason}` }),
      failed: (text) => tell({ type: "failed", text }),
    },
  );
  if (opened.ok) tell({ type: "listening" });
  else tell({ type: "failed", text: opened.error.message, errno: opened.error.errno });
} else {
  connectTcp(
    {
      remote: address(given.address),
      port,
      device,
      minTtl,
      local: given.local === undefined ? undefined : address(given.local),
      timeout: seconds(given.timeoutSeconds ?? 5),
    },
    { connected: greet, failed: ({ message, errno }) => tell({ type: "failed", text: message, errno }) },
  );
}
setInterval(() => {}, 60_000);
