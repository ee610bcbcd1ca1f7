/**
 * Readers: small functions that take unknown JSON and give back a typed value made of the known fields only.
 *
 * Owns how a wrong shape is told (`ShapeError`, which names the place and what was expected there, never the content:
 * frames carry people's words). Must not know what frames there are.
 */

/** Reads a value found at `at` (a path such as `message.seq`). Throws `ShapeError`. */
export type Read<T> = (value: unknown, at: string) => T;

/** A field that may be absent or null; absent fields stay absent. */
export interface OptionalField<T> {
  optional: Read<T>;
}

type Fields = Record<string, Read<unknown> | OptionalField<unknown>>;
type RequiredKeys<F extends Fields> = { [K in keyof F]: F[K] extends OptionalField<unknown> ? never : K }[keyof F];
type OptionalKeys<F extends Fields> = Exclude<keyof F, RequiredKeys<F>>;
type ReadObject<F extends Fields> = {
  [K in RequiredKeys<F>]: F[K] extends Read<infer T> ? T : never;
} & {
  [K in OptionalKeys<F>]?: F[K] extends OptionalField<infer T> ? T : never;
};

/** What a reader gives. */
export type Shaped<R> = R extends Read<infer T> ? T : never;

/** A value was not of the expected shape. The message names place and expectation and never the value. */
export class ShapeError extends Error {
  constructor(at: string, expected: string) {
    super(`${at === "" ? "frame" : at} is not ${expected}`);
    this.name = "ShapeError";
  }
}

export const string: Read<string> = (value, at) => {
  if (typeof value !== "string") throw new ShapeError(at, "a string");
  return value;
};

export const boolean: Read<boolean> = (value, at) => {
  if (typeof value !== "boolean") throw new ShapeError(at, "a boolean");
  return value;
};

/** An integer from `least` on that a double holds exactly. */
export const integer =
  (least: number): Read<number> =>
  (value, at) => {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least) {
      throw new ShapeError(at, `an integer of at least ${least}`);
    }
    return value;
  };

export const oneOf =
  <const T extends string>(...words: readonly T[]): Read<T> =>
  (value, at) => {
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) throw new ShapeError(at, `one of ${words.join(", ")}`);
    return word;
  };

export const nullable =
  <T>(read: Read<T>): Read<T | null> =>
  (value, at) =>
    value === null ? null : read(value, at);

export const list =
  <T>(read: Read<T>): Read<T[]> =>
  (value, at) => {
    if (!Array.isArray(value)) throw new ShapeError(at, "an array");
    return value.map((item: unknown, index) => read(item, `${at}[${index}]`));
  };

export const optional = <T>(read: Read<T>): OptionalField<T> => ({ optional: read });

export const object =
  <F extends Fields>(fields: F): Read<ReadObject<F>> =>
  (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ShapeError(at, "an object");
    const given = new Map<string, unknown>(Object.entries(value));
    const known: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(fields)) {
      const content = given.get(name);
      const path = at === "" ? name : `${at}.${name}`;
      if (typeof field === "function") known[name] = field(content, path);
      else if (content !== undefined && content !== null) known[name] = field.optional(content, path);
    }
    return known as ReadObject<F>;
  };
