/** Checks of results. Each returns a description of the fault, or `undefined`. */

/** Checks a result. */
export type Shape = (value: unknown) => string | undefined;

function kind(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

const isA = (type: string): Shape => (value) =>
  kind(value) === type ? undefined : `expected ${type}, got ${kind(value)}`;

export const string = isA("string");
export const number = isA("number");
export const boolean = isA("boolean");
export const nothing = isA("undefined");

/** Accepts a plain object. */
export const object: Shape = (value) =>
  isA("object")(value) ??
    (Object.getPrototypeOf(value) === Object.prototype ? undefined : "the object has another prototype");

/** Accepts an array whose elements have a shape. */
export function list(of: Shape = () => undefined): Shape {
  return (value) => {
    if (!Array.isArray(value)) return isA("array")(value);
    for (const [i, one] of value.entries()) {
      const wrong = of(one);
      if (wrong !== undefined) return `${i}: ${wrong}`;
    }
  };
}

/** Accepts values of any of several shapes. */
export function either(...shapes: Shape[]): Shape {
  return (value) => {
    const wrong = shapes.map((shape) => shape(value));
    return wrong.includes(undefined) ? undefined : wrong.join(", or ");
  };
}

export const nullish: Shape = (value) => value === null ? undefined : isA("undefined")(value);

/** Accepts every JSON value. */
export const json: Shape = (value) =>
  ["undefined", "function", "symbol", "bigint"].includes(typeof value) ? `got ${typeof value}` : undefined;

/** Accepts a plain object whose own fields have these shapes. */
export function fields(shapes: Record<string, Shape>): Shape {
  return (value) => {
    const wrong = object(value);
    if (wrong !== undefined) return wrong;
    for (const [name, shape] of Object.entries(shapes)) {
      const field = Object.hasOwn(value as object, name)
        ? (value as Record<string, unknown>)[name]
        : undefined;
      const fault = shape(field);
      if (fault !== undefined) return `${name}: ${fault}`;
    }
  };
}

/** Accepts instances of a class. */
export function instance(of: new (...args: never[]) => object): Shape {
  return (value) => value instanceof of ? undefined : `expected ${of.name}, got ${kind(value)}`;
}
