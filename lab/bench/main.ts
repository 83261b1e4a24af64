/**
 * Speakers side by side: `npm run bench -- [ingest|announce|start|restart|api|all] [--speakers holdfast,bird,...] [--n 100000,...]
 * [--runs 3] [--hold 180]`. Needs root. Every figure comes with its ratio to BIRD's in the same run.
 */
import { parseArgs } from "node:util";
import type { PeerKind } from "../peers/index.ts";
import { announce } from "./announce.ts";
import { api } from "./api.ts";
import { ingest } from "./ingest.ts";
import { restart } from "./restart.ts";
import { start } from "./start.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    speakers: { type: "string", default: "holdfast,bird,frr,openbgpd,gobgp" },
    n: { type: "string" },
    runs: { type: "string", default: "3" },
    hold: { type: "string", default: "180" },
    listed: { type: "string", default: "1000000" },
  },
});
const speakers = (values.speakers as string).split(",") as PeerKind[];
const counts = (fallback: string) => (values.n ?? fallback).split(",").map(Number);
const runs = Number(values.runs);
const holdSeconds = Number(values.hold);
const what = positionals[0] ?? "all";

if (what === "ingest" || what === "all")
  await ingest({ speakers, counts: counts("100000,500000,1000000"), runs, holdSeconds });
if (what === "announce" || what === "all")
  await announce({ speakers, counts: counts("1000,10000,100000"), runs, holdSeconds });
if (what === "start" || what === "all") await start({ runs });
if (what === "restart" || what === "all") await restart({ speakers, runs });
if (what === "api" || what === "all")
  await api({ count: counts("20000")[0] as number, listed: Number(values.listed), runs, holdSeconds });
