import { testSmallFleets } from "./fleet-seeds.ts";

testSmallFleets({ part: 1, of: 4 });
