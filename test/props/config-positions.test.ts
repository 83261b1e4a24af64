import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "smol-toml";
import { formatPath, type Path, scanPositions } from "../../src/config/positions.ts";

/** A value as TOML text, on one or several lines. */
const string = fc.constantFrom(
  '"plain"',
  "'[x] # = { '",
  '"quote \\" and # and \\\\"',
  '"""\nlines\n[a]\nb = 1 # """',
  "'''\n'' ]] \n'''",
  '"""ends in quotes"""""',
);
const scalar = fc.oneof(
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map(String),
  fc.constantFrom("true", "1.5", "inf", "0xff", "1979-05-27 07:32:00", "07:32:00"),
  string,
);
const space = fc.constantFrom("", " ", "\t ");
const blank = fc.constantFrom("", "\n", " # ] } = [[x]]\n", "\n\n  # x\n");

const { value } = fc.letrec<{ value: string; array: string; inline: string }>((tie) => ({
  value: fc.oneof({ depthSize: "small", withCrossShrink: true }, scalar, tie("array"), tie("inline")),
  array: fc
    .tuple(fc.array(fc.tuple(blank, tie("value"), blank), { maxLength: 3 }), fc.boolean())
    .map(
      ([items, comma]) =>
        `[${items.map((parts) => parts.join("")).join(",")}${comma && items.length > 0 ? ",\n" : ""}]`,
    ),
  inline: fc
    .tuple(
      fc.uniqueArray(fc.constantFrom("k", "l", '"m n"', "'o.p'"), { maxLength: 3 }),
      fc.array(tie("value"), { minLength: 3, maxLength: 3 }),
      space,
    )
    .map(
      ([keys, values, gap]) =>
        `{${gap}${keys.map((key, i) => `${key}${gap}=${gap}${values[i]}`).join(`${gap},${gap}`)}${gap}}`,
    ),
}));

const line = fc
  .tuple(
    fc.constantFrom("a", "b-c", "D", '"e f"', "g.h", "i . 'j'"),
    space,
    value,
    fc.constantFrom("", " # = [ {", "\t"),
  )
  .map(([key, gap, text, end]) => ({ key, text: `${gap}${key}${gap}=${gap}${text}${end}` }));
const section = fc.tuple(
  fc.constantFrom("[[n]]", "[[n.f]]", "[[ n . f ]] # x", "[n.t]", "[T]", "[T.u]", '["x.y".z]'),
  fc.uniqueArray(line, { selector: (l) => l.key, maxLength: 4 }),
  fc.constantFrom("\n", "\r\n"),
);
const documents = fc
  .array(section, { maxLength: 6 })
  .map((sections) =>
    sections.map(([header, lines, end]) => `${[header, ...lines.map((l) => l.text)].join(end)}${end}`).join("# --\n"),
  );

/** Every leaf of a parsed document. */
function* leaves(node: unknown, path: Path = []): Generator<Path> {
  const isTable = typeof node === "object" && node !== null && !(node instanceof Date);
  if (Array.isArray(node)) for (const [i, item] of node.entries()) yield* leaves(item, [...path, i]);
  else if (isTable) for (const [key, child] of Object.entries(node)) yield* leaves(child, [...path, key.toLowerCase()]);
  else yield path;
}

function parsed(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

test("every value of a document that parses is found where it stands", () => {
  let found = 0;
  fc.assert(
    fc.property(documents, (text) => {
      const document = parsed(text);
      if (document === undefined) return;
      const positions = scanPositions(text);
      const lines = text.split("\n");
      for (const path of leaves(document)) {
        const position = positions.get(formatPath(path));
        assert.ok(position?.value, `${formatPath(path)} is not found in\n${text}`);
        const { key, value: span } = position;
        const written = lines[span.line - 1]?.slice(span.column - 1, span.column - 1 + span.length) ?? "";
        // The stretch alone is the value again, unless it goes on in the next lines.
        const rest = [lines[span.line - 1]?.slice(span.column - 1) ?? "", ...lines.slice(span.line)].join("\n");
        const again = parsed(`v = ${written}`) ?? parsed(`v = ${rest.slice(0, endOfString(rest))}`);
        assert.ok(again !== undefined, `${formatPath(path)} is not ${JSON.stringify(written)} in\n${text}`);
        assert.deepEqual((again as { v: unknown }).v, lookUp(document, path), formatPath(path));
        const name = path.at(-1);
        if (typeof name === "string")
          assert.ok(
            lines[key.line - 1]
              ?.slice(key.column - 1, key.column - 1 + key.length)
              .toLowerCase()
              .includes(name),
          );
        found++;
      }
    }),
    { numRuns: 1500 },
  );
  assert.ok(found > 500, `only ${found} values: the generator has gone stale`);
});

/** Where a multi-line string at the start of `text` ends. */
function endOfString(text: string): number {
  const match = /^(?:"""(?:[^"\\]|\\[\s\S]|"(?!""))*"{3,5}|'''(?:[^']|'(?!''))*'{3,5})/.exec(text);
  return match?.[0].length ?? 0;
}

function lookUp(node: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, part) => {
    const entries = Object.entries(inner as object);
    return entries.find(([key]) => key.toLowerCase() === String(part).toLowerCase())?.[1];
  }, node);
}

test("any text at all is scanned without a throw, and nothing lies outside it", () => {
  const pieces = fc.constantFrom(
    "[",
    "]",
    "{",
    "}",
    "=",
    ",",
    ".",
    '"',
    "'",
    '"""',
    "'''",
    "\\",
    "#",
    "\n",
    "\r",
    " ",
    "a",
    "1",
    "\\u",
    "é",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(pieces, { maxLength: 40 }).map((p) => p.join("")),
        fc.string(),
      ),
      (text) => {
        const lines = text.split("\n");
        for (const { key, value: span } of scanPositions(text).values())
          for (const { line: at, column, length } of span ? [key, span] : [key]) {
            assert.ok(at >= 1 && at <= lines.length && length >= 1);
            assert.ok(column >= 1 && column <= (lines[at - 1]?.length ?? 0) + 1);
          }
      },
    ),
    { numRuns: 2000 },
  );
});
