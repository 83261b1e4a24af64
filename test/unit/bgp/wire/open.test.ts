import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type Capability,
  decodeCapabilities,
  decodeOpen,
  encodeCapabilities,
  encodeOpen,
  HEADER_LENGTH,
  type OpenMessage,
} from "../../../../src/bgp/wire/index.ts";
import { fromHex, toHex } from "../../../../src/lib/bytes.ts";

const PLAIN: OpenMessage = { version: 4, as2: 65001, holdTimeSeconds: 90, identifier: 0x0a000001, capabilities: [] };

/** "ok", or "2/6" with the data behind it. */
function verdict(body: string): string {
  const bytes = fromHex(body);
  const open = decodeOpen(bytes, 0, bytes.length);
  return open.ok ? "ok" : `${open.error.code}/${open.error.subcode} ${toHex(open.error.data)}`.trimEnd();
}

const header = "04 fde9 005a 0a000001";

describe("OPEN", () => {
  const cases: readonly (readonly [fact: string, body: string, verdict: string])[] = [
    ["version 3 is refused with the version we speak", "03 fde9 005a 0a000001 00", "2/1 0004"],
    ["version 5 likewise", "05 fde9 005a 0a000001 00", "2/1 0004"],
    ["AS 0 is refused (RFC 7607)", "04 0000 005a 0a000001 00", "2/2"],
    ["AS 0 in the four-octet capability is refused (RFC 7607)", `${header} 08 02 06 41 04 00000000`, "2/2"],
    ["identifier 0 is refused (RFC 6286)", "04 fde9 005a 00000000 00", "2/3"],
    ["any other identifier is fine (RFC 6286)", "04 fde9 005a ffffffff 00", "ok"],
    ["hold time 1 is refused", "04 fde9 0001 0a000001 00", "2/6"],
    ["hold time 2 is refused", "04 fde9 0002 0a000001 00", "2/6"],
    ["hold time 3 is fine", "04 fde9 0003 0a000001 00", "ok"],
    ["hold time 0 is fine", "04 fde9 0000 0a000001 00", "ok"],
    ["an unknown optional parameter is unsupported", `${header} 02 03 00`, "2/4"],
    ["the old authentication parameter is unsupported", `${header} 03 01 01 00`, "2/4"],
    ["parameters longer than the message are unspecific", `${header} 05 02 00`, "2/0"],
    ["parameters shorter than the message are unspecific", `${header} 02 02 00 00`, "2/0"],
    ["a parameter longer than all of them is unspecific", `${header} 02 02 04`, "2/0"],
    ["a capability longer than its parameter is unspecific", `${header} 04 02 02 01 04`, "2/0"],
    ["a lone capability code is unspecific", `${header} 03 02 01 02`, "2/0"],
    ["RFC 9072: extended lengths", `${header} ff ff 0005 02 0002 02 00`, "ok"],
    ["RFC 9072: the type 255 decides, not the length before it", `${header} 01 ff 0005 02 0002 02 00`, "ok"],
    ["RFC 9072: a length of 0 means no parameters", `${header} 00 ff 0000`, "2/0"],
    ["RFC 9072: extended parameters that are too short", `${header} ff ff 0006 02 0002 02 00`, "2/0"],
    ["RFC 9072: 255 within extended parameters is unsupported", `${header} ff ff 0003 ff 0000`, "2/4"],
  ];
  for (const [fact, body, expected] of cases) it(fact, () => assert.equal(verdict(body), expected));

  it("lengths of parameter, capability and list set to 0, 1 and 255 throw nothing", () => {
    for (const a of ["00", "01", "0a", "ff"])
      for (const b of ["00", "01", "08", "ff"])
        for (const c of ["00", "01", "06", "ff"]) verdict(`${header} ${a} 02 ${b} 40 ${c} 0078 0001 01 80`);
  });

  it("253 octets of capabilities go in the old form, 254 in RFC 9072's; both come back", () => {
    for (const [length, extended] of [
      [253, false],
      [254, true],
      [3900, true],
    ] as const) {
      const values: Capability[] = [];
      for (let left = length; left > 0; ) {
        const take = Math.min(left - 2, 255) - (left - 257 === 1 ? 1 : 0);
        values.push({ type: "unknown", code: 200, value: new Uint8Array(take).fill(7) });
        left -= take + 2;
      }
      const message = encodeOpen({ ...PLAIN, capabilities: values });
      assert.equal(message[HEADER_LENGTH + 10] === 255, extended, `${length}`);
      const open = decodeOpen(message, HEADER_LENGTH, message.length);
      assert.deepEqual(open, { ok: true, value: { ...PLAIN, capabilities: values } });
    }
  });

  it("more than 4096 octets is our mistake", () => {
    const capabilities: Capability[] = new Array(20).fill({ type: "unknown", code: 9, value: new Uint8Array(255) });
    assert.throws(() => encodeOpen({ ...PLAIN, capabilities }), /4096/);
  });
});

describe("capabilities", () => {
  it("malformed ones that change how messages are read refuse the OPEN", () => {
    for (const bad of ["01 03 000100", "05 05 0001000100", "06 01 00", "41 02 fde9", "45 03 000101"]) {
      const decoded = decodeCapabilities(fromHex(bad));
      assert.ok(!decoded.ok, bad);
      assert.deepEqual([decoded.error.code, decoded.error.subcode], [2, 0]);
    }
  });

  it("other malformed ones are as unknown", () => {
    const ignored = [
      "02 01 00",
      "46 01 00",
      "40 01 00",
      "40 03 007800",
      "47 03 000101",
      "09 02 0000",
      "09 01 05",
      "49 00",
      "49 02 0500",
      "4b 00",
      "4b 02 0500",
    ];
    for (const text of ignored) {
      const decoded = decodeCapabilities(fromHex(text));
      assert.ok(decoded.ok);
      assert.deepEqual(
        decoded.value.map((c) => c.type),
        ["unknown"],
        text,
      );
      assert.equal(toHex(encodeCapabilities(decoded.value)), toHex(fromHex(text)));
    }
  });

  it("an add-path mode that is not defined drops its family only (RFC 7911 section 4)", () => {
    const decoded = decodeCapabilities(fromHex("45 0c 0001 01 00 0002 01 02 0001 02 04"));
    assert.deepEqual(decoded, {
      ok: true,
      value: [{ type: "add-path", families: [{ afi: 2, safi: 1, send: true, receive: false }] }],
    });
  });

  it("names longer than their drafts allow are cut between characters", () => {
    const bytes = encodeCapabilities([{ type: "fqdn", hostname: `${"a".repeat(63)}é`, domain: "" }]);
    assert.deepEqual([...bytes.subarray(0, 3)], [73, 65, 63]);
  });
});
