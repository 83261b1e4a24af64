import { testRestarts } from "./restart-seeds.ts";

testRestarts({ part: 1, of: 4 });
