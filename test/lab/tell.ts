/**
 * Imported for its effect: below a test that fails stands what the daemons of its labs said last, so that a log of CI is
 * enough to find the cause.
 */
import { afterEach, type TestContext } from "node:test";
import { lastWords } from "../../lab/topology.ts";

/** Failures after the first ones mostly follow from those. */
const TOLD_MAX = 3;

let told = 0;

afterEach((context) => {
  const test = context as TestContext & { readonly passed: boolean };
  if (test.passed || told >= TOLD_MAX) return;
  told++;
  test.diagnostic(`the last words of the daemons:\n${lastWords()}`);
});
