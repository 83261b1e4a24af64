import { testRestarts } from "./restart-seeds.ts";

testRestarts({ part: 4, of: 4 });
