import { testSmallFleets } from "./fleet-seeds.ts";

testSmallFleets({ part: 2, of: 4 });
