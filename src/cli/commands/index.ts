import type { Command, CommandGroups } from "../command.ts";
import { announce } from "./announce.ts";
import { check } from "./check.ts";
import { checks } from "./checks.ts";
import { completion } from "./completion.ts";
import { diff } from "./diff.ts";
import { drain, undrain } from "./drain.ts";
import { events } from "./events.ts";
import { fleet } from "./fleet.ts";
import { help } from "./help.ts";
import { disable, enable, reset, softreset } from "./neighbor.ts";
import { peers } from "./peers.ts";
import { reload } from "./reload.ts";
import { rib } from "./rib.ts";
import { status } from "./status.ts";
import { stop } from "./stop.ts";
import { top } from "./top.ts";
import { down, up } from "./up-down.ts";
import { version } from "./version.ts";
import { vips } from "./vips.ts";
import { vrrp } from "./vrrp.ts";
import { why } from "./why.ts";
import { withdraw } from "./withdraw.ts";

/** Every command, by what an operator does with it: the help keeps this order. */
export const COMMAND_GROUPS: CommandGroups = [
  ["Look", [status, why, vips, peers, rib, vrrp, checks, fleet, events, top]],
  ["Announce", [announce, withdraw, down, up, drain, undrain]],
  ["Neighbours", [enable, disable, reset, softreset]],
  ["Daemon", [check, diff, reload, stop]],
  ["This program", [completion, help, version]],
];

export const COMMANDS: readonly Command[] = COMMAND_GROUPS.flatMap(([, commands]) => commands);
