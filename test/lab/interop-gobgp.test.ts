import { interopWith } from "./interop.ts";

interopWith("gobgp");
