import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCommandLine } from "../../../src/cli/arguments.ts";
import { COMMANDS } from "../../../src/cli/commands/index.ts";
import { nearest } from "../../../src/cli/nearest.ts";

const parse = (...argv: readonly string[]) => parseCommandLine(argv, COMMANDS);

function refusal(...argv: readonly string[]): string {
  try {
    parse(...argv);
  } catch (error) {
    return (error as Error).message;
  }
  return "(taken)";
}

test("options of every command may stand before the command, after it, and with =", () => {
  for (const argv of [
    ["-u", "gw:1", "-j", "why", "192.0.2.1"],
    ["why", "192.0.2.1", "--target", "gw:1", "--json"],
    ["why", "--target=gw:1", "-j", "192.0.2.1"],
    ["--target=gw:1", "why", "-j", "--", "192.0.2.1"],
  ]) {
    const { command, parsed } = parse(...argv);
    assert.equal(command?.name, "why", argv.join(" "));
    assert.deepEqual(parsed.positionals, ["192.0.2.1"]);
    assert.deepEqual(parsed.values.get("target"), ["gw:1"]);
    assert.ok(parsed.flags.has("json"), argv.join(" "));
  }
});

test("the value of an option is not taken for the command", () => {
  assert.equal(parse("--token-file", "vips", "status").command?.name, "status");
});

test("no command at all is no error of the parser", () => {
  assert.equal(parse().command, undefined);
  assert.equal(parse("-h").command, undefined);
  assert.ok(parse("--help").parsed.flags.has("help"), "help");
});

test("what is misspelt is named, with what was probably meant", () => {
  assert.equal(refusal("statsu"), 'there is no command "statsu": is it status?');
  assert.equal(refusal("xyzzy"), 'there is no command "xyzzy"');
  assert.equal(refusal("rib", "--longr"), "Unknown option '--longr': is it --longer?");
  assert.match(refusal("status", "--zzzzzz"), /^Unknown option '--zzzzzz'$/);
});

test("arguments are counted", () => {
  assert.equal(refusal("why"), "why: VIP is missing");
  assert.equal(refusal("why", "a", "b"), "why: too many arguments");
  assert.equal(refusal("status", "now"), "status takes no arguments");
  assert.equal(refusal("why", "--help"), "(taken)", "help needs no argument");
});

test("an option with a value needs one, and is given once unless it is a list", () => {
  assert.match(refusal("announce", "192.0.2.1", "--med"), /--med/);
  assert.equal(refusal("announce", "192.0.2.1", "--med", "1", "--med", "2"), "--med is given twice");
  const { parsed } = parse("announce", "192.0.2.1", "--community", "1:1,1:2", "--community", "1:3");
  assert.deepEqual(parsed.values.get("community"), ["1:1,1:2", "1:3"]);
});

test("no command uses a letter or a name of the options of every command", () => {
  for (const { name, options } of COMMANDS) {
    for (const option of ["target", "json", "help", "tls"]) assert.equal(option in options, false, `${name} ${option}`);
    for (const { short } of Object.values(options)) assert.equal(["u", "j", "h"].includes(short ?? ""), false, name);
  }
});

test("nearest is near", () => {
  assert.equal(nearest("drian", ["drain", "undrain", "down"]), "drain");
  assert.equal(nearest("ev", ["events", "why"]), "events");
  assert.equal(nearest("q", ["events", "why"]), undefined);
});
