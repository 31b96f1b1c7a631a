/**
 * Reads the file name out of a Content-Disposition header: the encoded form (`filename*`) before the plain one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6266
 */
export function parseFileName(header: string | null): string | undefined {
  if (header === null) return undefined;
  const encoded = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(header);
  if (encoded !== null) {
    try {
      return decodeURIComponent(encoded[1]!);
    } catch {
      // Not the UTF-8 it claims to be: the plain form is next.
    }
  }
  const plain = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(header);
  if (plain === null) return undefined;
  return plain[1]?.replace(/\\(.)/g, "$1") ?? plain[2];
}
