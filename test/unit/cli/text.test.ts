import assert from "node:assert/strict";
import { test } from "node:test";
import { clean, formatDuration, formatTime, parseDuration, parseNumber } from "../../../src/cli/format.ts";
import { Style, wantsColors } from "../../../src/cli/style.ts";
import { formatTable } from "../../../src/cli/table.ts";
import { addressOf } from "../../../src/cli/target.ts";

const plain = new Style(false);
const COLUMNS = [{ title: "NAME" }, { title: "N", align: "right" as const }, { title: "WHY", shrinks: true as const }];

test("columns are aligned, numbers to the right, without trailing blanks", () => {
  assert.equal(
    formatTable(
      COLUMNS,
      [
        ["a", 1, "because"],
        ["long name", 1000, ""],
      ],
      plain,
    ),
    "NAME          N  WHY\na             1  because\nlong name  1000\n",
  );
  assert.equal(formatTable(COLUMNS, [], plain), "");
});

test("a terminal's width is kept where a column gives way; a pipe gets everything", () => {
  const rows = [["a", 1, "x".repeat(200)]];
  const lines = formatTable(COLUMNS, rows, plain, { width: 40, indent: "  " }).trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => line.length),
    [14, 40],
  );
  assert.equal(lines[1]?.endsWith("…"), true);
  assert.match(formatTable(COLUMNS, rows, plain), /x{200}/);
});

test("colours do not count as width", () => {
  const rows = [[["a", "good"] as const, 1, "x"]];
  const painted = formatTable(COLUMNS, rows, new Style(true));
  assert.ok(painted.includes("\x1b[32ma\x1b[39m"), "painted");
  const bare = painted.split("\x1b[").map((part, i) => (i === 0 ? part : part.slice(part.indexOf("m") + 1)));
  assert.equal(bare.join(""), formatTable(COLUMNS, rows, plain));
});

test("text from elsewhere cannot steer the terminal", () => {
  assert.equal(clean("a\x1b[2Jb\nc\x9b"), "a?[2Jb?c?");
  assert.match(formatTable(COLUMNS, [["\x1b]0;gotcha\x07", 1, ""]], plain), /^\?\]0;gotcha\?/m);
});

test("colours only on a terminal, and only if nobody says no", () => {
  assert.equal(wantsColors(80, {}, false), true);
  assert.equal(wantsColors(undefined, {}, false), false);
  assert.equal(wantsColors(80, {}, true), false);
  assert.equal(wantsColors(80, { NO_COLOR: "1" }, false), false);
  assert.equal(wantsColors(80, { NO_COLOR: "" }, false), true, "an empty one says nothing");
  assert.equal(wantsColors(80, { TERM: "dumb" }, false), false);
});

test("durations for people have two units at most", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0s"],
    [0.04, "0s"],
    [0.25, "0.3s"],
    [1, "1s"],
    [59.6, "1m"],
    [75, "1m 15s"],
    [3600, "1h"],
    [3 * 86_400 + 4 * 3600 + 59, "3d 4h"],
    [86_400 + 5, "1d"],
    [86_400 + 3600 + 61, "1d 1h"],
  ];
  for (const [seconds, text] of cases) assert.equal(formatDuration(seconds), text);
});

test("durations from people", () => {
  for (const [text, seconds] of [
    ["30s", 30],
    ["5m", 300],
    ["1h30m", 5400],
    ["1.5", 1.5],
    ["2d", 172_800],
    ["0.5s", 0.5],
  ] as const)
    assert.equal(parseDuration(text), seconds);
  for (const text of ["", "soon", "5x", "m5", "-3s", "1s1m"])
    assert.throws(() => parseDuration(text), /is not a duration/);
});

test("numbers from people are whole and in range", () => {
  assert.equal(parseNumber("med", "4294967295", 0xffff_ffff), 0xffff_ffff);
  assert.equal(parseNumber("med", undefined, 5), undefined);
  for (const text of ["4294967296", "-1", "1.5", "", "0x10"])
    assert.throws(() => parseNumber("med", text, 0xffff_ffff), /--med .*: a number, 0 to 4294967295/);
});

test("an event of another day has its date", () => {
  const at = new Date(2026, 10, 21, 9, 5, 3, 45).getTime();
  assert.equal(formatTime(at / 1000, at + 1000), "09:05:03.045");
  assert.equal(formatTime(at / 1000, at + 86_400_000), "2026-11-21 09:05:03.045");
});

test("targets as people write them", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["gw1", "gw1:50051"],
    ["gw1:1234", "gw1:1234"],
    ["192.0.2.1", "192.0.2.1:50051"],
    ["::1", "[::1]:50051"],
    ["[2001:db8::1]:1234", "[2001:db8::1]:1234"],
    ["[2001:db8::1]", "[2001:db8::1]:50051"],
    ["unix:/run/holdfast.sock", "unix:/run/holdfast.sock"],
    ["unix:///run/holdfast.sock", "unix:/run/holdfast.sock"],
  ];
  for (const [text, address] of cases) assert.equal(addressOf(text), address);
  for (const text of ["", "gw1:", "gw1:99999", "gw1:0", "a b", "unix:", "http://gw1"])
    assert.throws(() => addressOf(text), /--target/, text);
});
