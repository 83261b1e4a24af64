import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Access } from "../../../../src/api/access.ts";
import { type HoldfastHost, holdfastService } from "../../../../src/api/holdfast/index.ts";
import type { TlsConfig } from "../../../../src/api/server.ts";
import { ApiServer } from "../../../../src/api/server.ts";
import type { Service } from "../../../../src/api/service.ts";

export interface Served {
  /** "unix:/...". */
  readonly target: string;
  /** Faults of ours that calls ran into. */
  readonly faults: unknown[];
  close(): void;
  /** As the daemon does when it stops: calls have their moment, then all connections are cut. */
  end(): Promise<void>;
}

/** The service on a real server, on a unix socket of its own. */
export async function serve(
  host: HoldfastHost,
  options: { readonly access?: Access; readonly tls?: TlsConfig; readonly also?: readonly Service[] } = {},
): Promise<Served> {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-api-"));
  const path = join(directory, "api");
  const faults: unknown[] = [];
  const server = await ApiServer.load([holdfastService(host), ...(options.also ?? [])], {
    internalError: (method, error) => void faults.push([method, error]),
  });
  const endpoint = server.open(options.tls, options.access ?? { type: "open" });
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    endpoint.take(socket);
  });
  await new Promise<void>((resolve) => listener.listen(path, resolve));
  const end = async () => {
    await server.close();
    for (const socket of sockets) socket.destroy();
    rmSync(directory, { recursive: true, force: true });
  };
  return {
    target: `unix:${path}`,
    faults,
    close: () => {
      listener.close();
      for (const socket of sockets) socket.destroy();
      void end();
    },
    end: () => {
      listener.close();
      return end();
    },
  };
}
