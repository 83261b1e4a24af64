/**
 * What was on the wire, as tcpdump took it and tshark reads it: a second opinion on every byte that we send.
 *
 * Two things make tshark cry wolf, and both are dealt with here. A message that is cut over TCP segments is only seen
 * whole with reassembly on, also across segments that arrive out of order (retransmissions). And a capture that
 * begins inside a session starts in the middle of a message: start it before the speakers. What is left as a known
 * false alarm: tshark guesses the width of AS numbers when it did not see the OPENs, and guesses add-path identifiers
 * always.
 */
import { stat } from "node:fs/promises";
import { run } from "./exec.ts";
import type { LabProcess } from "./process.ts";
import type { Lab } from "./topology.ts";
import { type WaitOptions, waitFor } from "./wait.ts";

export type MessageType = "OPEN" | "UPDATE" | "NOTIFICATION" | "KEEPALIVE" | "ROUTE-REFRESH" | "unknown";

export interface CapturedMessage {
  /** Seconds since 1970 on the host's clock, as `Date.now() / 1000`, to the microsecond. */
  readonly time: number;
  readonly frame: number;
  /** The TCP connection, counted from 0. */
  readonly connection: number;
  readonly source: string;
  readonly destination: string;
  /** TTL or hop limit of the packet with the message's last octet. */
  readonly ttl: number;
  readonly type: MessageType;
  readonly open?: CapturedOpen;
  readonly notification?: CapturedNotification;
  readonly update?: CapturedUpdate;
}

/** What an OPEN offers of graceful restart (RFC 4724, 8538, 9494); all false without the capabilities. */
export interface CapturedOpen {
  readonly gracefulRestart: boolean;
  /** The R bit. */
  readonly restarting: boolean;
  /** The N bit. */
  readonly notification: boolean;
  /** AFIs whose F bit is set. */
  readonly forwarding: readonly number[];
  readonly longLived: boolean;
}

export interface CapturedNotification {
  readonly code: number;
  readonly subcode: number;
  /** RFC 9003 text, if there is one. */
  readonly text?: string;
}

export interface CapturedUpdate {
  readonly announced: readonly string[];
  readonly withdrawn: readonly string[];
  /** RFC 4724: nothing in it but, at most, an empty MP_UNREACH_NLRI. */
  readonly endOfRib: boolean;
  /** Type codes in the order on the wire. */
  readonly attributes: readonly number[];
  readonly communities: readonly string[];
  readonly asPath: readonly number[];
  readonly nextHop?: string;
  readonly med?: number;
  readonly localPref?: number;
}

/** A frame in which tshark finds something wrong. */
export interface MalformedFrame {
  readonly frame: number;
  readonly source: string;
  readonly what: string;
}

const TYPES: Readonly<Record<string, MessageType>> = {
  1: "OPEN",
  2: "UPDATE",
  3: "NOTIFICATION",
  4: "KEEPALIVE",
  5: "ROUTE-REFRESH",
};

const BGP_PORT = 179;

/** A running capture of one interface of one node. */
export class Capture {
  readonly file: string;
  readonly #process: LabProcess;
  readonly #port: number;
  #read: { readonly size: number; readonly messages: CapturedMessage[] } | undefined;

  private constructor(file: string, process: LabProcess, port: number) {
    this.file = file;
    this.#process = process;
    this.#port = port;
  }

  /** Resolves when packets are being recorded. */
  static async start(lab: Lab, node: string, device: string, port = BGP_PORT): Promise<Capture> {
    const directory = lab.subdirectory("captures");
    const name = `${node}-${device}-${port}`;
    const file = `${directory}/${name}.pcap`;
    // Every packet is written as it comes (-U, immediate mode), so the file can be read while the capture runs.
    const options = ["-Z", "root", "-n", "-s", "0", "-U", "--immediate-mode", "-B", "16384", "-w", file];
    const process = await lab.start(node, {
      name: `tcpdump in ${node}`,
      command: ["tcpdump", "-i", device, ...options, `tcp port ${port}`],
      logFile: `${directory}/${name}.log`,
    });
    await process.waitReady(async () => process.log.includes("listening on") && (await stat(file)).size > 0);
    return new Capture(file, process, port);
  }

  /** All so far. Reading is costly, so it is done again only when more was captured. */
  async messages(): Promise<CapturedMessage[]> {
    const { size } = await stat(this.file);
    if (this.#read?.size !== size) this.#read = { size, messages: await readMessages(this.file, this.#port) };
    return this.#read.messages;
  }

  malformed(): Promise<MalformedFrame[]> {
    return readMalformed(this.file, this.#port);
  }

  /** Waits until the capture holds a message that `accept` likes, and gives all messages so far. */
  waitMessage(
    what: string,
    accept: (message: CapturedMessage) => boolean,
    options: WaitOptions = {},
  ): Promise<CapturedMessage[]> {
    return this.waitMessages(what, (messages) => messages.some(accept), options);
  }

  /** Waits until `accept` likes what the capture holds, and gives it. */
  waitMessages(
    what: string,
    accept: (messages: readonly CapturedMessage[]) => boolean,
    options: WaitOptions = {},
  ): Promise<CapturedMessage[]> {
    return waitFor(
      `a captured ${what}`,
      async () => {
        const messages = await this.messages();
        return accept(messages) ? messages : undefined;
      },
      { intervalMs: 200, ...options },
    );
  }

  /** Ends the capture; the file can be read until the lab is taken down. */
  async stop(): Promise<void> {
    await this.#process.stop("SIGINT");
  }
}

function tshark(file: string, port: number, args: readonly string[]): Promise<string> {
  const settings = ["tcp.desegment_tcp_streams:TRUE", "tcp.reassemble_out_of_order:TRUE", "bgp.desegment:TRUE"];
  const options = settings.flatMap((setting) => ["-o", setting]);
  return run(["tshark", "-n", "-r", file, "-d", `tcp.port==${port},bgp`, ...options, ...args], { timeoutMs: 60_000 });
}

/** All BGP messages of a capture file in the order of the wire. A message counts at the time of its last segment. */
export async function readMessages(file: string, port = BGP_PORT): Promise<CapturedMessage[]> {
  const args = ["-Y", "bgp", "-T", "json", "--no-duplicate-keys", "-J", "frame ip ipv6 tcp bgp"];
  const frames = JSON.parse(await tshark(file, port, args)) as TsharkFrame[];
  return frames.flatMap(({ _source: { layers } }) =>
    trees(layers.bgp)
      .filter((bgp) => bgp["bgp.type"] !== undefined)
      .map((bgp) => message(layers, bgp)),
  );
}

/**
 * Frames with a BGP message in which tshark's dissector fails or reports an error, and those whose BGP bytes it could
 * not make out at all. Notes and warnings of the TCP layer (retransmissions and the like) do not count.
 */
export async function readMalformed(file: string, port = BGP_PORT): Promise<MalformedFrame[]> {
  const bad = "_ws.malformed || (bgp && _ws.expert.severity == error) || (tcp.len > 0 && _ws.unreassembled)";
  const fields = ["frame.number", "ip.src", "ipv6.src", "_ws.expert.message"].flatMap((field) => ["-e", field]);
  const text = await tshark(file, port, ["-Y", bad, "-T", "fields", ...fields]);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [frame = "", source4 = "", source6 = "", what = ""] = line.split("\t");
      return { frame: Number(frame), source: source4 || source6, what: what || "malformed" };
    });
}

type Tree = { readonly [key: string]: undefined | string | Tree | readonly (string | Tree)[] };

interface TsharkFrame {
  readonly _source: {
    readonly layers: {
      readonly frame: Tree;
      readonly ip?: Tree;
      readonly ipv6?: Tree;
      readonly tcp?: Tree;
      readonly bgp?: Tree | readonly Tree[];
    };
  };
}

/** tshark gives one child as itself and several as an array. */
function list(value: Tree[string]): readonly (string | Tree)[] {
  if (value === undefined) return [];
  return typeof value === "object" && Symbol.iterator in value
    ? (value as readonly (string | Tree)[])
    : [value as Tree];
}

function trees(value: Tree[string]): readonly Tree[] {
  return list(value) as readonly Tree[];
}

function text(tree: Tree | undefined, key: string): string | undefined {
  const value = tree?.[key];
  return typeof value === "string" ? value : undefined;
}

function message(layers: TsharkFrame["_source"]["layers"], bgp: Tree): CapturedMessage {
  const type = TYPES[text(bgp, "bgp.type") ?? ""] ?? "unknown";
  return {
    time: Number(text(layers.frame, "frame.time_epoch")),
    frame: Number(text(layers.frame, "frame.number")),
    connection: Number(text(layers.tcp, "tcp.stream")),
    source: text(layers.ip, "ip.src") ?? text(layers.ipv6, "ipv6.src") ?? "",
    destination: text(layers.ip, "ip.dst") ?? text(layers.ipv6, "ipv6.dst") ?? "",
    ttl: Number(text(layers.ip, "ip.ttl") ?? text(layers.ipv6, "ipv6.hlim")),
    type,
    ...(type === "OPEN" ? { open: open(bgp) } : {}),
    ...(type === "NOTIFICATION" ? { notification: notification(bgp) } : {}),
    ...(type === "UPDATE" ? { update: update(bgp) } : {}),
  };
}

const GRACEFUL_RESTART = "64";
const LONG_LIVED_GRACEFUL_RESTART = "71";

function open(bgp: Tree): CapturedOpen {
  const parameters = trees((bgp["bgp.open.opt"] as Tree | undefined)?.["bgp.open.opt.param"]);
  const capabilities = parameters.flatMap((parameter) => trees(parameter["bgp.cap"]));
  const find = (type: string) => capabilities.find((capability) => text(capability, "bgp.cap.type") === type);
  const graceful = find(GRACEFUL_RESTART);
  const timers = trees(graceful?.["bgp.cap.gr.timers_tree"])[0];
  const families = list(graceful?.["bgp.cap.gr.afi"]);
  const flags = trees(graceful?.["bgp.cap.gr.flag_tree"]);
  return {
    gracefulRestart: graceful !== undefined,
    restarting: text(timers, "bgp.cap.gr.timers.restart_flag") === "1",
    notification: text(timers, "bgp.cap.gr.timers.notification_flag") === "1",
    forwarding: families.flatMap((afi, i) => (text(flags[i], "bgp.cap.gr.flag.pfs") === "1" ? [Number(afi)] : [])),
    longLived: find(LONG_LIVED_GRACEFUL_RESTART) !== undefined,
  };
}

function notification(bgp: Tree): CapturedNotification {
  const minor = Object.keys(bgp).find((key) => key.startsWith("bgp.notify.minor_error"));
  const shown = text(bgp, "bgp.notify.communication");
  return {
    code: Number(text(bgp, "bgp.notify.major_error")),
    subcode: minor === undefined ? 0 : Number(text(bgp, minor)),
    ...(shown === undefined ? {} : { text: shown }),
  };
}

const ATTRIBUTE = "bgp.update.path_attribute";

function update(bgp: Tree): CapturedUpdate {
  const attributes = trees((bgp["bgp.update.path_attributes"] as Tree | undefined)?.[ATTRIBUTE]);
  const merged: Tree = Object.assign({}, ...attributes);
  const announced = [bgp["bgp.update.nlri"], merged[`${ATTRIBUTE}.mp_reach_nlri`]].flatMap(prefixes);
  const withdrawn = [bgp["bgp.update.withdrawn_routes"], merged[`${ATTRIBUTE}.mp_unreach_nlri`]].flatMap(prefixes);
  const types = attributes.map((attribute) => Number(text(attribute, `${ATTRIBUTE}.type_code`)));
  const number = (name: string) => text(merged, `${ATTRIBUTE}.${name}`);
  const med = number("multi_exit_disc");
  const localPref = number("local_pref");
  const hop6 = merged[`${ATTRIBUTE}.mp_reach_nlri.next_hop_tree`] as Tree | undefined;
  const nextHop = text(merged, `${ATTRIBUTE}.next_hop`) ?? Object.values(hop6 ?? {})[0];
  return {
    announced,
    withdrawn,
    endOfRib: announced.length + withdrawn.length === 0 && types.every((type) => type === MP_UNREACH_NLRI),
    attributes: types,
    communities: communities(merged),
    asPath: asPath(attributes.find((attribute) => text(attribute, `${ATTRIBUTE}.type_code`) === AS_PATH)),
    ...(typeof nextHop === "string" ? { nextHop } : {}),
    ...(med === undefined ? {} : { med: Number(med) }),
    ...(localPref === undefined ? {} : { localPref: Number(localPref) }),
  };
}

const AS_PATH = "2";
const MP_UNREACH_NLRI = 15;

/** tshark labels each prefix's subtree with the prefix itself. */
function prefixes(tree: Tree[string]): string[] {
  if (typeof tree !== "object") return [];
  return Object.keys(tree).filter((key) => /^[0-9a-f.:]+\/\d+$/.test(key));
}

function communities(merged: Tree): string[] {
  const tree = merged[`${ATTRIBUTE}.communities`] as Tree | undefined;
  return trees(tree?.[`${ATTRIBUTE}.community`])
    .map((one) => `${text(one, `${ATTRIBUTE}.community_as`)}:${text(one, `${ATTRIBUTE}.community_value`)}`)
    .sort();
}

function asPath(attribute: Tree | undefined): number[] {
  const segments = trees(attribute?.[`${ATTRIBUTE}.as_path_segment`]);
  return segments.flatMap((segment) =>
    [...list(segment[`${ATTRIBUTE}.as_path_segment.as4`]), ...list(segment[`${ATTRIBUTE}.as_path_segment.as2`])].map(
      Number,
    ),
  );
}
