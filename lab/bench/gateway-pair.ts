/**
 * Two gateways with one VIP and a router that is told of it: Holdfast, or what it replaces, keepalived whose notify
 * scripts call gobgp. Both know the same events.
 */
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { FrameCapture } from "../frames.ts";
import { HoldfastVrrp } from "../peers/holdfast-vrrp.ts";
import { createPeer, type Peer } from "../peers/index.ts";
import { Keepalived } from "../peers/keepalived.ts";
import type { RouterSpec, VrrpNode } from "../peers/vrrp-spec.ts";
import { Lab } from "../topology.ts";

export type SystemKind = "holdfast" | "keepalived + gobgp";

export const VIP = "203.0.113.10/32";
export const VRID = 10;
export const MASTER = { node: "a", address: "10.90.0.1", priority: 200 } as const;
export const BACKUP = { node: "b", address: "10.90.0.2", priority: 100 } as const;
const ROUTER = { node: "c", address: "10.90.0.3" } as const;
const AS = { gateways: 65001, router: 65000 } as const;

type Gateway = typeof MASTER | typeof BACKUP;

export interface GatewayPair {
  readonly lab: Lab;
  readonly frames: FrameCapture;
  /** BIRD, which both gateways announce to. */
  readonly router: Peer;
  readonly master: VrrpNode;
  readonly backup: VrrpNode;
  /** The check of the Master, which also the Backup has and passes. */
  setHealthy(healthy: boolean): void;
}

/** Builds and starts everything; the Backup last. */
export async function gatewayPair(kind: SystemKind, intervalMs: number): Promise<GatewayPair> {
  const all = [MASTER, BACKUP, ROUTER];
  const members = all.map(({ node, address }) => ({ node, interface: "eth0", addresses: [`${address}/24`] }));
  const lab = await Lab.up({ segments: [{ name: "link", members }] });
  try {
    const flag = `${lab.directory}/unhealthy`;
    const check = `${lab.directory}/check`;
    script(check, `test ! -e ${flag}-$1`);
    const router = createPeer(lab, ROUTER.node, "bird", {
      as: AS.router,
      routerId: ROUTER.address,
      neighbors: [MASTER, BACKUP].map(({ address }) => ({
        address,
        localAddress: ROUTER.address,
        as: AS.gateways,
      })),
    });
    const frames = await FrameCapture.start(lab, ROUTER.node, "eth0");
    await router.start();
    const make = kind === "holdfast" ? holdfast : keepalivedAndGobgp;
    const [master, backup] = [await make(lab, MASTER, intervalMs, check), await make(lab, BACKUP, intervalMs, check)];
    await master.start();
    await backup.start();
    const setHealthy = (healthy: boolean) => {
      if (healthy) rmSync(`${flag}-${MASTER.node}`, { force: true });
      else writeFileSync(`${flag}-${MASTER.node}`, "");
    };
    return { lab, frames, router, master, backup, setHealthy };
  } catch (error) {
    await lab.down();
    throw error;
  }
}

function script(path: string, body: string): void {
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

function routerSpec({ priority }: Gateway, intervalMs: number, own: readonly string[]): RouterSpec {
  return {
    name: "gw",
    virtualRouterId: VRID,
    priority,
    interval: intervalMs / 1000,
    addresses: [VIP],
    track: [{ script: "health" }],
    own,
  };
}

/** Whole seconds: keepalived 2.2.7 can no better. */
const healthCheck = (check: string, { node }: Gateway) => ({ name: "health", command: [check, node], interval: 1 });

function bgp({ address }: Gateway) {
  return {
    as: AS.gateways,
    routerId: address,
    neighbors: [{ address: ROUTER.address, localAddress: address, as: AS.router }],
  };
}

async function holdfast(lab: Lab, gateway: Gateway, intervalMs: number, check: string): Promise<VrrpNode> {
  const own = `[[vips]]\n  prefix = "${VIP}"\n  vrrp-instance = "gw"`;
  const spec = { routers: [routerSpec(gateway, intervalMs, [])], scripts: [healthCheck(check, gateway)] };
  return new HoldfastVrrp(lab, gateway.node, spec, { ...bgp(gateway), own });
}

/** gobgpd runs from now on, whatever becomes of keepalived. */
async function keepalivedAndGobgp(lab: Lab, gateway: Gateway, intervalMs: number, check: string): Promise<VrrpNode> {
  const speaker = createPeer(lab, gateway.node, "gobgp", bgp(gateway));
  await speaker.start();
  await speaker.waitEstablished(ROUTER.address);
  const glue = `${lab.directory}/glue`;
  script(glue, `exec gobgp global rib $1 -a ipv4 ${VIP}`);
  const own = [
    `notify_master "${glue} add"`,
    `notify_backup "${glue} del"`,
    `notify_fault "${glue} del"`,
    `notify_stop "${glue} del"`,
  ];
  const spec = { routers: [routerSpec(gateway, intervalMs, own)], scripts: [healthCheck(check, gateway)] };
  return new Keepalived(lab, gateway.node, spec);
}
