import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { createPeer, type Peer } from "../../lab/peers/index.ts";
import { Lab } from "../../lab/topology.ts";
import "./tell.ts";

const VIP = "203.0.113.10/32";

/** A gateway with these tables of ours, and BIRD, which tells what it is told. */
async function withGateway(own: string, body: (lab: Lab, bird: Peer) => Promise<void>): Promise<void> {
  const lab = await Lab.up({
    segments: [
      {
        name: "link",
        members: [
          { node: "gw", interface: "eth0", addresses: ["10.5.0.1/24"] },
          { node: "tor", interface: "eth0", addresses: ["10.5.0.2/24"] },
        ],
      },
    ],
  });
  try {
    const session = (far: number, own: number) => ({
      address: `10.5.0.${far}`,
      localAddress: `10.5.0.${own}`,
      as: 65000 + far,
    });
    const gateway = createPeer(lab, "gw", "holdfast", {
      as: 65001,
      routerId: "192.0.2.1",
      neighbors: [session(2, 1)],
      own: own.replaceAll("DIR", lab.directory),
    });
    const bird = createPeer(lab, "tor", "bird", { as: 65002, routerId: "192.0.2.2", neighbors: [session(1, 2)] });
    await Promise.all([gateway.start(), bird.start()]);
    await bird.waitEstablished("10.5.0.1");
    await body(lab, bird);
  } finally {
    await lab.down();
  }
}

describe("what gates a VIP", { concurrency: true }, () => {
  test("with require-address it is announced while its address is on the host, and no longer", () =>
    withGateway(`[[vips]]\nprefix = "${VIP}"\nrequire-address = true`, async (lab, bird) => {
      assert.equal(
        (await bird.routes("ipv4-unicast")).some(({ prefix }) => prefix === VIP),
        false,
      );
      await lab.run("gw", ["ip", "address", "add", VIP, "dev", "lo"]);
      await bird.waitRoute(VIP);
      await lab.run("gw", ["ip", "address", "del", VIP, "dev", "lo"]);
      await bird.waitNoRoute(VIP);
    }));

  test("a failing check withdraws it, a degraded one makes it second choice, and both end with the fault", () =>
    withGateway(
      `[[vips]]
prefix = "${VIP}"
med = 10
checks = ["hard", "soft"]
[vips.on-degraded]
med = 500
communities = ["65001:9"]
[[checks]]
name = "hard"
type = "file"
path = "DIR/hard"
max = 0
interval = 0.1
timeout = 10
[[checks]]
name = "soft"
type = "file"
path = "DIR/soft"
max = 0
interval = 0.1
timeout = 10
severity = "degraded"`,
      async (lab, bird) => {
        const set = (name: string, value: number) => writeFile(`${lab.directory}/${name}`, `${value}\n`);
        await set("hard", 0);
        await set("soft", 0);
        await bird.waitRoute(VIP, (route) => route.med === 10);
        await set("soft", 1);
        await bird.waitRoute(VIP, (route) => route.med === 500 && route.communities.includes("65001:9"));
        await set("hard", 1);
        await bird.waitNoRoute(VIP);
        await set("hard", 0);
        await bird.waitRoute(VIP, (route) => route.med === 500);
        await set("soft", 0);
        await bird.waitRoute(VIP, (route) => route.med === 10 && route.communities.length === 0);
      },
    ));
});
