import { testSmallFleets } from "./fleet-seeds.ts";

testSmallFleets({ part: 4, of: 4 });
