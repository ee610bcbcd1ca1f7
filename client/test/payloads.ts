/** The hostile texts of the browser tests, for tests without a browser. */
// @ts-expect-error -- a module without types
import { PAYLOADS as payloads } from "../../e2e/payloads.mjs";

export const PAYLOADS = payloads as string[];
