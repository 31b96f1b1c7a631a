/** The fields of something that a server sent, which may be no object at all. */
export function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value && !Array.isArray(value) ? { ...value } : {};
}

/** A string that is not empty, out of something that a server sent. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}
