/** Returns the path of the specification's data: a file, or client-server.json in a folder, ../shared/matrix-spec by default. */
export function specificationFile(path?: string): string | URL {
  if (!path) return new URL("../../../shared/matrix-spec/client-server.json", import.meta.url);
  return path.endsWith(".json") ? path : `${path.replace(/\/$/, "")}/client-server.json`;
}
