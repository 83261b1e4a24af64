/** Builds a lab with a running speaker and then ends in the way its argument says; prints the lab's id first. */
import { createPeer } from "../../lab/peers/index.ts";
import { Lab } from "../../lab/topology.ts";

const members = ["a", "b", "c"].map((node, i) => ({ node, interface: "eth0", addresses: [`10.9.0.${i + 1}/24`] }));
const lab = await Lab.up({ segments: [{ name: "lan", members }] });
await createPeer(lab, "a", "bird", { as: 65001, routerId: "192.0.2.1", neighbors: [] }).start();
console.log(lab.id);
if (process.argv[2] === "throw") throw new Error("a test that dies");
setInterval(() => {}, 1_000);
