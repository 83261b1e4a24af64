import { testRestarts } from "./restart-seeds.ts";

testRestarts({ part: 3, of: 4 });
