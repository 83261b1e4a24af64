import assert from "node:assert/strict";
import { test } from "node:test";
import { type Back, type Cell, type Event, type Observed, observe, verdictOf } from "../../lab/matrix-cell.ts";
import { nameOf } from "../../lab/matrix-scenarios.ts";
import type { PeerKind } from "../../lab/peers/index.ts";

/** A test of each cell: nothing that the RFCs promise is broken, and the wire says what it has to. */
export function testCells(cells: readonly Cell[]): void {
  for (const cell of cells)
    test(nameOf(cell), async () => {
      const seen = await observe(cell);
      const text = JSON.stringify(seen);
      assert.notEqual(verdictOf(cell, seen), "VIOLATION", text);
      if (cell.back === "never") assert.notEqual(seen.goneMs, undefined, text);
      else checkReturn(cell, seen, text);
      if (cell.longLived && (cell.back === "never" || cell.back === "late"))
        assert.notEqual(seen.longLivedMs, undefined, text);
    });
}

function checkReturn(cell: Cell, seen: Observed, text: string): void {
  assert.notEqual(seen.endOfRibMs, undefined, `no End-of-RIB of the one that is back: ${text}`);
  assert.notEqual(seen.helperEndOfRibMs, undefined, `no End-of-RIB of its helper: ${text}`);
  if (cell.restarting === "holdfast") {
    checkOurOpen(cell, seen.restartingOpen, text);
    assert.equal(seen.endOfRibFirst, false, `our routes go before End-of-RIB: ${text}`);
  } else {
    assert.equal(seen.restartingOpen?.gracefulRestart, true, text);
    assert.equal(seen.helperOpen?.restarting, false, text);
    assert.equal(seen.helperOpen?.forwarding.includes(1), true, text);
  }
}

/** A process that never ended does not restart; one that has lost its state knows of no restart, as after a reboot. */
function checkOurOpen({ event, back }: Cell, open: Observed["restartingOpen"], text: string): void {
  const hasLived = event === "TCP reset" || isSilent(event);
  const isFirst = back === "not forwarding";
  assert.equal(open?.forwarding.includes(1), !isFirst, `F: ${text}`);
  // Our restart is over with our restart time: who is late may have to connect without the R bit.
  if (back !== "late") assert.equal(open?.restarting, !hasLived && !isFirst, `R: ${text}`);
}

/** Whether both of a pair with this speaker have RFC 8538's N bit. */
const hasNotification = (kind: PeerKind) => kind === "frr" || kind === "gobgp";
const isSilent = (event: Event) => event === "SIGSTOP" || event === "link loss";

/** Each event for each speaker, back in time; who falls silent has the N bit where that exists. */
export function everyEvent(kinds: readonly PeerKind[], events: readonly Event[], role: "helper" | "restarting") {
  return events.flatMap((event) =>
    kinds.map((kind): Cell => {
      const notification = isSilent(event) && hasNotification(kind);
      return { ...pairOf(kind, role), event, back: "in time", ...(notification ? { notification } : {}) };
    }),
  );
}

/** A killed speaker's way to be back. */
export function wayBack(kind: PeerKind, role: "helper" | "restarting", back: Back, longLived = false): Cell {
  return { ...pairOf(kind, role), event: "SIGKILL", back, longLived };
}

function pairOf(kind: PeerKind, role: "helper" | "restarting") {
  return role === "helper"
    ? { restarting: "holdfast" as const, helper: kind }
    : { restarting: kind, helper: "holdfast" as const };
}
