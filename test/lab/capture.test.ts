import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { readMalformed, readMessages } from "../../lab/capture.ts";
import { run } from "../../lab/exec.ts";
import "./tell.ts";

const MARKER = "ff".repeat(16);
const KEEPALIVE = `${MARKER}001304`;
/** ORIGIN, AS_PATH 65001, NEXT_HOP 10.0.0.1, MED 9, community 65001:100; 198.51.100.0/24 and a withdrawal. */
const UPDATE = message(
  "0004186440cb",
  "40010100 4002060201 0000fde9 4003040a000001 80040400000009 c00804fde90064",
  "18c63364",
);
/** The same with an AS_PATH segment that says it is longer than the attribute. */
const BAD_UPDATE = message("0000", "40010100 4002060209 0000fde9 4003040a000001", "18c63364");
/** Cease/2 with the text "bye". */
const NOTIFICATION = `${MARKER}0019030602${"03"}${Buffer.from("bye").toString("hex")}`;

function message(withdrawn: string, attributes: string, nlri: string): string {
  const path = attributes.replaceAll(" ", "");
  const length = (path.length / 2).toString(16).padStart(4, "0");
  const body = `${withdrawn}${length}${path}${nlri}`;
  return `${MARKER}${(19 + body.length / 2).toString(16).padStart(4, "0")}02${body}`;
}

describe("reading captures", { concurrency: true }, () => {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-capture-"));
  after(() => rmSync(directory, { recursive: true }));

  /** A capture of one TCP stream with a packet for each payload. */
  async function pcap(name: string, payloads: readonly string[]): Promise<string> {
    const file = join(directory, `${name}.pcap`);
    const dump = payloads.map((hex) => `000000 ${hex.match(/../g)?.join(" ")}\n`).join("\n");
    await run(["text2pcap", "-q", "-T", "40000,179", "-", file], { input: dump });
    return file;
  }

  test("messages are read with their type, prefixes, attributes and NOTIFICATION text", async () => {
    const messages = await readMessages(await pcap("good", [KEEPALIVE + UPDATE, NOTIFICATION]));
    assert.deepEqual(
      messages.map((m) => m.type),
      ["KEEPALIVE", "UPDATE", "NOTIFICATION"],
    );
    assert.deepEqual(messages[1]?.update, {
      announced: ["198.51.100.0/24"],
      withdrawn: ["100.64.203.0/24"],
      endOfRib: false,
      attributes: [1, 2, 3, 4, 8],
      communities: ["65001:100"],
      asPath: [65001],
      nextHop: "10.0.0.1",
      med: 9,
    });
    assert.deepEqual(messages[2]?.notification, { code: 6, subcode: 2, text: "bye" });
  });

  test("a message that is cut over segments is whole, and no fault", async () => {
    const file = await pcap("cut", [KEEPALIVE, UPDATE.slice(0, 50), UPDATE.slice(50), KEEPALIVE]);
    assert.deepEqual(
      (await readMessages(file)).map((m) => m.type),
      ["KEEPALIVE", "UPDATE", "KEEPALIVE"],
    );
    assert.deepEqual(await readMalformed(file), []);
  });

  test("an attribute with a wrong length is found", async () => {
    const [found] = await readMalformed(await pcap("bad", [KEEPALIVE, BAD_UPDATE]));
    assert.equal(found?.frame, 2);
  });

  test("bytes that are no BGP message are found", async () => {
    const file = await pcap("garbage", [KEEPALIVE, `${MARKER}001305`, `${"00".repeat(16)}001304`]);
    assert.ok((await readMalformed(file)).length > 0);
  });
});
