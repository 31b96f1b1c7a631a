/** Returns the fields of a value from a homeserver. Returns no fields if it is not an object. */
export function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value && !Array.isArray(value) ? { ...value } : {};
}

/** Returns a value from a homeserver if it is a non-empty string. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}
