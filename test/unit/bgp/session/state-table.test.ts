/**
 * Every state with every input: what the session becomes, and what it does. The table was checked cell by cell against
 * RFC 4271 section 8.2.2; where it differs, session.ts says why.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeOpen } from "../../../../src/bgp/wire/index.ts";
import { fromHex } from "../../../../src/lib/bytes.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { endOfRib, keepalive, notification, peerOpen, Rig, refresh } from "./harness.ts";

const MARKER = "ff".repeat(16);

const STATES = {
  Stopped: () => new Rig(),
  IdleHold: () => new Rig().to("Established").input({ type: "Closed", connection: 1, reason: "reset" }),
  Refusing: () => new Rig().to("OpenSent").receiveOpen({ as2: 7, capabilities: [] }),
  Connect: () => new Rig().to("Connect"),
  Active: () => new Rig().to("Active"),
  OpenSent: () => new Rig().to("OpenSent"),
  OpenConfirm: () => new Rig().to("OpenConfirm"),
  Established: () => new Rig().to("Established"),
};
type StateName = keyof typeof STATES;

const INPUTS = {
  ManualStart: (rig: Rig) => rig.start(),
  ManualStop: (rig: Rig) => rig.input({ type: "ManualStop", subcode: 2, text: "bye" }),
  AutomaticStop: (rig: Rig) => rig.input({ type: "AutomaticStop", subcode: 4, text: "" }),
  "AutomaticStop for 1 min": (rig: Rig) =>
    rig.input({ type: "AutomaticStop", subcode: 1, text: "", idleFor: seconds(60) }),
  Abandon: (rig: Rig) => rig.input({ type: "Abandon" }),
  Connected: (rig: Rig) => rig.connected(),
  ConnectFailed: (rig: Rig) => rig.input({ type: "ConnectFailed", connection: 1, reason: "refused" }),
  Accepted: (rig: Rig) => rig.accept(),
  Closed: (rig: Rig) => rig.input({ type: "Closed", connection: 1, reason: "reset" }),
  Sent: (rig: Rig) => rig.input({ type: "Sent", connection: 1, outstanding: 9 }),
  RequestRefresh: (rig: Rig) => rig.input({ type: "RequestRefresh", family: 0 }),
  "an unknown connection's octets": (rig: Rig) => rig.receive(keepalive(), 77),
  "an unknown connection's end": (rig: Rig) => rig.input({ type: "Closed", connection: 77, reason: "reset" }),
  OPEN: (rig: Rig) => rig.receive(encodeOpen(peerOpen())),
  KEEPALIVE: (rig: Rig) => rig.receive(keepalive()),
  UPDATE: (rig: Rig) => rig.receive(endOfRib()),
  "ROUTE-REFRESH": (rig: Rig) => rig.receive(refresh()),
  NOTIFICATION: (rig: Rig) => rig.receive(notification(6, 4)),
  "bad marker": (rig: Rig) => rig.receive(fromHex(`fe${MARKER.slice(2)}001304`)),
  "bad length": (rig: Rig) => rig.receive(fromHex(`${MARKER}001204`)),
  "bad type": (rig: Rig) => rig.receive(fromHex(`${MARKER}001309`)),
  "first timer": (rig: Rig) => rig.fire(),
};

/** What is not listed: nothing at all happens. */
const EXPECTED: Readonly<Record<keyof typeof INPUTS, Partial<Record<StateName, string>>>> = {
  ManualStart: {
    Stopped: "Idle>Connect, connect 1",
    IdleHold: "Idle>Connect, connect 2",
    Refusing: "Idle>Connect, connect 2",
  },
  ManualStop: {
    Connect: "close 1, Connect>Idle",
    Active: "Active>Idle",
    OpenSent: "send 1 NOTIFICATION 6/2 03627965, close 1, OpenSent>Idle",
    OpenConfirm: "send 1 NOTIFICATION 6/2 03627965, close 1, OpenConfirm>Idle",
    Established: "send 1 NOTIFICATION 6/2 03627965, close 1, down notification-sent, Established>Idle",
  },
  AutomaticStop: {
    Connect: "close 1, Connect>Idle",
    Active: "Active>Idle",
    OpenSent: "send 1 NOTIFICATION 6/4, close 1, OpenSent>Idle",
    OpenConfirm: "send 1 NOTIFICATION 6/4, close 1, OpenConfirm>Idle",
    Established: "send 1 NOTIFICATION 6/4, close 1, down notification-sent, Established>Idle",
  },
  "AutomaticStop for 1 min": {
    Connect: "close 1, Connect>Idle",
    Active: "Active>Idle",
    OpenSent: "send 1 NOTIFICATION 6/1, close 1, OpenSent>Idle",
    OpenConfirm: "send 1 NOTIFICATION 6/1, close 1, OpenConfirm>Idle",
    Established: "send 1 NOTIFICATION 6/1, close 1, down notification-sent, Established>Idle",
  },
  Abandon: {
    Connect: "close 1, Connect>Idle",
    Active: "Active>Idle",
    OpenSent: "close 1, OpenSent>Idle",
    OpenConfirm: "close 1, OpenConfirm>Idle",
    Established: "close 1, down abandoned, Established>Idle",
  },
  Connected: { Connect: "send 1 OPEN, Connect>OpenSent" },
  ConnectFailed: {
    Connect: "Connect>Active",
    OpenSent: "OpenSent>Active",
    OpenConfirm: "OpenConfirm>Idle",
    Established: "down connection-lost, Established>Idle",
  },
  Accepted: {
    Stopped: "send 101 NOTIFICATION 6/5, close 101",
    IdleHold: "send 101 OPEN, Idle>OpenSent",
    Refusing: "send 101 NOTIFICATION 6/5, close 101",
    Connect: "send 101 OPEN, Connect>OpenSent",
    Active: "send 101 OPEN, Active>OpenSent",
    OpenSent: "send 101 OPEN",
    OpenConfirm: "send 101 OPEN",
    Established: "send 101 OPEN",
  },
  Closed: {
    Connect: "Connect>Active",
    OpenSent: "OpenSent>Active",
    OpenConfirm: "OpenConfirm>Idle",
    Established: "down connection-lost, Established>Idle",
  },
  Sent: {},
  RequestRefresh: { Established: "send 1 ROUTE-REFRESH" },
  "an unknown connection's octets": {},
  "an unknown connection's end": {},
  OPEN: {
    OpenSent: "send 1 KEEPALIVE, OpenSent>OpenConfirm",
    OpenConfirm: "send 1 NOTIFICATION 5/2 01, close 1, OpenConfirm>Idle",
    Established: "send 1 NOTIFICATION 5/3 01, close 1, down notification-sent, Established>Idle",
  },
  KEEPALIVE: {
    OpenSent: "send 1 NOTIFICATION 5/1 04, close 1, OpenSent>Idle",
    OpenConfirm: "OpenConfirm>Established, established",
  },
  UPDATE: {
    OpenSent: "send 1 NOTIFICATION 5/1 02, close 1, OpenSent>Idle",
    OpenConfirm: "send 1 NOTIFICATION 5/2 02, close 1, OpenConfirm>Idle",
    Established: "end-of-rib",
  },
  "ROUTE-REFRESH": {
    OpenSent: "send 1 NOTIFICATION 5/1 05, close 1, OpenSent>Idle",
    OpenConfirm: "send 1 NOTIFICATION 5/2 05, close 1, OpenConfirm>Idle",
    Established: "refresh 0 request",
  },
  NOTIFICATION: {
    OpenSent: "close 1, OpenSent>Idle",
    OpenConfirm: "close 1, OpenConfirm>Idle",
    Established: "close 1, down notification-received, Established>Idle",
  },
  "bad marker": {
    OpenSent: "send 1 NOTIFICATION 1/1, close 1, OpenSent>Idle",
    OpenConfirm: "send 1 NOTIFICATION 1/1, close 1, OpenConfirm>Idle",
    Established: "send 1 NOTIFICATION 1/1, close 1, down notification-sent, Established>Idle",
  },
  "bad length": {
    OpenSent: "send 1 NOTIFICATION 1/2 0012, close 1, OpenSent>Idle",
    OpenConfirm: "send 1 NOTIFICATION 1/2 0012, close 1, OpenConfirm>Idle",
    Established: "send 1 NOTIFICATION 1/2 0012, close 1, down notification-sent, Established>Idle",
  },
  "bad type": {
    OpenSent: "send 1 NOTIFICATION 1/3 09, close 1, OpenSent>Idle",
    OpenConfirm: "send 1 NOTIFICATION 1/3 09, close 1, OpenConfirm>Idle",
    Established: "send 1 NOTIFICATION 1/3 09, close 1, down notification-sent, Established>Idle",
  },
  "first timer": {
    IdleHold: "Idle>Connect, connect 2",
    Refusing: "Idle>Connect, connect 2",
    Connect: "close 1, connect 2",
    Active: "Active>Connect, connect 2",
    OpenSent: "send 1 NOTIFICATION 4/0, close 1, OpenSent>Idle",
    OpenConfirm: "send 1 KEEPALIVE",
    Established: "send 1 KEEPALIVE",
  },
};

for (const [input, act] of Object.entries(INPUTS)) {
  test(`${input}, in every state`, () => {
    const expected: Partial<Record<string, string>> = EXPECTED[input as keyof typeof INPUTS];
    for (const [name, make] of Object.entries(STATES)) {
      const rig = make();
      rig.take();
      act(rig);
      assert.equal(rig.take().join(", "), expected[name] ?? "", `in ${name}`);
    }
  });
}
