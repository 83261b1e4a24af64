import { interopWith } from "./interop.ts";

interopWith("bird");
