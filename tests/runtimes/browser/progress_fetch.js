/**
 * Returns a `fetch` that reports the progress of an upload, for the option `fetch` of ClientAPI. Browsers' own `fetch`
 * reports nothing before the end.
 */
export function progressFetch(onProgress) {
  return (url, { method, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const request = new XMLHttpRequest();
      request.open(method, url);
      new Headers(headers).forEach((value, name) => request.setRequestHeader(name, value));
      request.responseType = "blob";
      request.upload.onprogress = ({ loaded, total }) => onProgress(loaded, total);
      request.onload = () => {
        const lines = request.getAllResponseHeaders().trim().split("\r\n");
        resolve(
          new Response(request.response, {
            status: request.status,
            headers: lines.map((
              line,
            ) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
          }),
        );
      };
      request.onerror = () => reject(new TypeError("Failed to fetch"));
      signal?.addEventListener("abort", () => {
        request.abort();
        reject(signal.reason);
      });
      request.send(body);
    });
}
