import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { type ApiOptions, apiEndpoints, endpointWarnings } from "../../../src/daemon/api-endpoints.ts";

const folder = mkdtempSync(join(tmpdir(), "hf-endpoints-"));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const token = file("token", "0123456789abcdef\nsecond line\n");
const pem = file("pem", "not looked at here");

const NONE: ApiOptions = {
  hosts: "",
  tls: false,
  certificateFile: undefined,
  keyFile: undefined,
  clientAuthorityFile: undefined,
  tokenFile: undefined,
};
const endpoints = (options: Partial<ApiOptions>) => apiEndpoints({ ...NONE, ...options });
const tls = { tls: true, certificateFile: pem, keyFile: pem };

describe("where the API is served, and for whom", () => {
  for (const hosts of ["127.0.0.1:50051", "localhost:50051", "[::1]:50051", "127.0.0.1:1,unix:///run/x.sock", ""])
    test(`${hosts || "nowhere"} is open to this host`, () => {
      const found = endpoints({ hosts });
      assert.deepEqual(
        found.ok && found.value.map(({ access }) => access.type),
        hosts
          .split(",")
          .filter(Boolean)
          .map(() => "open"),
      );
    });

  for (const hosts of [":50051", "0.0.0.0:50051", "192.0.2.1:50051", "[::]:50051", "127.0.0.1:1,[2001:db8::1]:50051"])
    test(`${hosts} alone is refused: other hosts reach it`, () => {
      const found = endpoints({ hosts });
      assert.match(found.ok ? "" : found.error, /can be reached from other hosts.*--api-token-file/);
      const withTls = endpoints({ hosts, ...tls });
      assert.equal(withTls.ok, false, "TLS alone says nothing about the client");
    });

  test("a token or client certificates open it; a token in clear is warned of", () => {
    const withToken = endpoints({ hosts: ":50051", tokenFile: token });
    assert.deepEqual(withToken.ok && withToken.value[0]?.access, { type: "token", token: "0123456789abcdef" });
    assert.equal(withToken.ok && endpointWarnings(withToken.value).length, 1);
    const withBoth = endpoints({ hosts: ":50051", tokenFile: token, ...tls });
    assert.equal(withBoth.ok && endpointWarnings(withBoth.value).length, 0);
    const mutual = endpoints({ hosts: ":50051", ...tls, clientAuthorityFile: pem });
    assert.deepEqual(mutual.ok && mutual.value[0]?.access, { type: "open" });
  });

  for (const [what, options, says] of [
    ["a word", { hosts: "everywhere" }, /neither HOST:PORT nor unix/],
    ["a port beyond", { hosts: "127.0.0.1:70000" }, /neither HOST:PORT nor unix/],
    ["TLS without a key", { tls: true, certificateFile: pem }, /--tls-key-file/],
    ["an authority without TLS", { clientAuthorityFile: pem }, /needs --tls/],
    ["a short token", { tokenFile: file("short", "abc\n") }, /at least 16/],
    ["a file that is not there", { tokenFile: join(folder, "nope") }, /cannot be served.*nope/],
  ] as const)
    test(`${what} is refused with a reason`, () => {
      const found = endpoints({ hosts: "127.0.0.1:1", ...options });
      assert.match(found.ok ? "" : found.error, says);
    });
});
