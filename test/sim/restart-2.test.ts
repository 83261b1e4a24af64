import { testRestarts } from "./restart-seeds.ts";

testRestarts({ part: 2, of: 4 });
