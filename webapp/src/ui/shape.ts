/**
 * Tells whether a value that was read from outside, such as JSON from the browser's storage, has
 * the form of a T. Fields that a form doesn't name are let through.
 */
export type Shape<T> = (value: unknown) => value is T;

export const isText = (value: unknown): value is string => typeof value === "string";

export const isNumber = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value);

export const isFlag = (value: unknown): value is boolean => typeof value === "boolean";

export const orNull =
  <T>(shape: Shape<T>): Shape<T | null> =>
  (value): value is T | null =>
    value === null || shape(value);

export const orMissing =
  <T>(shape: Shape<T>): Shape<T | undefined> =>
  (value): value is T | undefined =>
    value === undefined || shape(value);

export const oneOf =
  <T extends string>(choices: readonly T[]): Shape<T> =>
  (value): value is T =>
    choices.some((choice) => choice === value);

export const listOf =
  <T>(shape: Shape<T>): Shape<T[]> =>
  (value): value is T[] =>
    Array.isArray(value) && value.every(shape);

/** An object with these fields at least. */
export const fields =
  <T extends object>(shapes: { [field in keyof T]-?: Shape<T[field]> }): Shape<T> =>
  (value): value is T =>
    isObject(value) &&
    Object.entries<Shape<unknown>>(shapes).every(([field, shape]) => shape(value[field]));

/** An object with values of one form under any names. */
export const mapOf =
  <T>(shape: Shape<T>): Shape<Record<string, T>> =>
  (value): value is Record<string, T> =>
    isObject(value) && Object.values(value).every(shape);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
