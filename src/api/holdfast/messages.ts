/** The messages of holdfast.v1, under one name for this folder. */
export type * from "../../../proto/holdfast/v1/holdfast.d.ts";
