import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bytesOf,
  eachAttribute,
  MessageWriter,
  NLM_F,
  readMessages,
  textOf,
} from "../../../src/platform/netlink/message.ts";

test("a request has its length, and attributes are padded to four octets", () => {
  const message = new MessageWriter(16, NLM_F.REQUEST | NLM_F.CREATE | NLM_F.EXCL | NLM_F.ACK, 7).u32(0x06000a);
  message
    .u8Attribute(3, 9)
    .textAttribute(4, "abc")
    .nested(18, () => message.u32Attribute(1, 2));
  const hex = Buffer.from(message.finish()).toString("hex");
  const attributes = "0500030009000000" + "0800040061626300" + "0c00128008000100" + "02000000";
  assert.equal(hex, `30000000${"1000"}${"0506"}${"07000000"}${"00000000"}${"0a000600"}${attributes}`);
});

test("what was written is read: structure, attributes, nested ones, and the next message of the datagram", () => {
  const one = new MessageWriter(20, 2, 1).u32(5).u8Attribute(3, 9).textAttribute(4, "abc");
  const two = new MessageWriter(20, 2, 2).u32(6);
  two.nested(18, () => two.textAttribute(1, "macvlan"));
  const messages = [...readMessages(Buffer.concat([one.finish(), two.finish()]))];
  assert.deepEqual(
    messages.map(({ type, flags, sequence, payload }) => [type, flags, sequence, payload.getUint32(0, true)]),
    [
      [20, 2, 1, 5],
      [20, 2, 2, 6],
    ],
  );
  const found: string[] = [];
  for (const { payload } of messages)
    eachAttribute(payload, 4, (type, value) => {
      if (type === 3) found.push(`3 ${bytesOf(value).join()}`);
      else if (type === 4) found.push(`4 ${textOf(value)}`);
      else eachAttribute(value, 0, (inner, text) => found.push(`${type}.${inner} ${textOf(text)}`));
    });
  assert.deepEqual(found, ["3 9", "4 abc", "18.1 macvlan"]);
});

test("a length that cannot be ends the reading", () => {
  const bytes = Buffer.from(new MessageWriter(20, 0, 1).u32(0).u8Attribute(1, 1).finish());
  const count = (length: number) => [...readMessages(bytes.subarray(0, length))].length;
  assert.deepEqual([count(bytes.length), count(bytes.length - 1), count(15), count(0)], [1, 0, 0, 0]);
  const types: number[] = [];
  const payload = [...readMessages(bytes)][0]?.payload;
  for (const length of [0, 3, 200]) {
    bytes.writeUInt16LE(length, 20);
    eachAttribute(payload as DataView, 4, (type) => types.push(type));
  }
  assert.deepEqual(types, []);
  bytes.writeUInt32LE(0, 0);
  assert.equal([...readMessages(bytes)].length, 0);
});
