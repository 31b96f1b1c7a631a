/** Where the specification's data is: a file, or the folder of client-server.json; by default ../shared/matrix-spec. */
export function specificationFile(path?: string): string | URL {
  if (!path) return new URL("../../../shared/matrix-spec/client-server.json", import.meta.url);
  return path.endsWith(".json") ? path : `${path.replace(/\/$/, "")}/client-server.json`;
}
