import type { Context } from "./command.ts";

/** A document for programs. */
export function printJson({ io }: Context, document: unknown): void {
  io.out(`${JSON.stringify(document, null, 2)}\n`);
}

/** All items as one JSON array, written as they come: the list may be longer than memory. */
export function printJsonList(context: Context, items: AsyncIterable<unknown>): Promise<void> {
  return printJsonSlices(context, inSlices(items));
}

async function* inSlices<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  for await (const item of items) yield [item];
}

/** The same for what comes in slices: a million items one by one would take twice the time. */
export async function printJsonSlices({ io }: Context, slices: AsyncIterable<readonly unknown[]>): Promise<void> {
  let count = 0;
  for await (const slice of slices) {
    let text = "";
    for (const item of slice) text += `${count++ === 0 ? "[" : ","}\n${JSON.stringify(item)}`;
    io.out(text);
    await io.drained();
  }
  io.out(count === 0 ? "[]\n" : "\n]\n");
}

/** The width that text must fit, when there is one. */
export const widthOf = ({ io }: Context): { readonly width: number | undefined } => ({ width: io.columns });

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
