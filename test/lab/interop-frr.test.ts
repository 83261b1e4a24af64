import { interopWith } from "./interop.ts";

interopWith("frr");
