import { testSmallFleets } from "./fleet-seeds.ts";

testSmallFleets({ part: 3, of: 4 });
