import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import * as grpc from "@grpc/grpc-js";
import type { ApiEndpoint } from "../../../src/daemon/api-endpoints.ts";
import { GobgpWorld } from "./gobgp-world.ts";

const TOKEN = "0123456789abcdef";
const folder = mkdtempSync(join(tmpdir(), "hf-access-"));
after(() => rmSync(folder, { recursive: true }));

/** A certificate for "localhost" that signs itself. */
function certificate(name: string): { readonly key: Buffer; readonly certificate: Buffer } {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost"];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", key, "-out", cert, ...subject],
    { stdio: "ignore" },
  );
  return { key: readFileSync(key), certificate: readFileSync(cert) };
}

const get = (world: GobgpWorld, authorization?: string) => {
  const metadata = new grpc.Metadata();
  if (authorization !== undefined) metadata.set("authorization", authorization);
  return world.call("GetBgp", {}, metadata);
};

describe("who is let in", () => {
  test("with a token: who shows it, and nobody else, whatever is called", async () => {
    const world = await GobgpWorld.start(undefined, (path) => ({
      text: path,
      endpoint: { type: "unix", path },
      tls: undefined,
      access: { type: "token", token: TOKEN },
    }));
    try {
      assert.equal((await get(world, `Bearer ${TOKEN}`)).code, "OK");
      for (const wrong of [undefined, TOKEN, "Bearer ", `Bearer ${TOKEN}x`, `Basic ${TOKEN}`])
        assert.equal((await get(world, wrong)).code, "UNAUTHENTICATED", `${wrong}`);
      for (const method of ["ListPath", "AddPathStream", "WatchEvent"])
        assert.equal((await world.call(method, {})).code, "UNAUTHENTICATED", method);
    } finally {
      world.stop();
    }
  });

  test("with mutual TLS: who has a certificate that we know", async () => {
    const [server, client, stranger] = ["localhost", "client", "stranger"].map(certificate) as [
      ReturnType<typeof certificate>,
      ReturnType<typeof certificate>,
      ReturnType<typeof certificate>,
    ];
    const world = await GobgpWorld.start(
      undefined,
      (path): ApiEndpoint => ({
        text: path,
        endpoint: { type: "unix", path },
        tls: { ...server, clientAuthorities: client.certificate },
        access: { type: "open" },
      }),
    );
    const call = (credentials: grpc.ChannelCredentials) =>
      new Promise<number>((resolve) => {
        const options = { "grpc.ssl_target_name_override": "localhost", "grpc.default_authority": "localhost" };
        const channel = new grpc.Client(`unix://${world.path}`, credentials, options);
        const { path } = world.definition["GetBgp"] as { readonly path: string };
        const octets = (bytes: Buffer) => bytes;
        channel.makeUnaryRequest(path, octets, octets, Buffer.of(), { deadline: Date.now() + 5_000 }, (error) => {
          channel.close();
          resolve(error?.code ?? 0);
        });
      });
    try {
      const known = grpc.credentials.createSsl(server.certificate, client.key, client.certificate);
      assert.equal(await call(known), grpc.status.OK);
      const unknown = grpc.credentials.createSsl(server.certificate, stranger.key, stranger.certificate);
      assert.equal(await call(unknown), grpc.status.UNAVAILABLE);
      assert.equal(await call(grpc.credentials.createSsl(server.certificate)), grpc.status.UNAVAILABLE);
      assert.equal(await call(grpc.credentials.createInsecure()), grpc.status.UNAVAILABLE);
    } finally {
      world.stop();
    }
  });
});
