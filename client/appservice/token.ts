/**
 * Compares a token with a secret without ending at the first difference, so that the time does not depend on how much of
 * a guess is right.
 *
 * @param token The token of a request.
 * @param secret The secret, not empty.
 * @returns Whether they are equal.
 */
export function sameToken(token: string, secret: string): boolean {
  const encoder = new TextEncoder();
  const [given, expected] = [encoder.encode(token), encoder.encode(secret)];
  let difference = given.length ^ expected.length;
  for (let i = 0; i < given.length; i++) difference |= given[i]! ^ expected[i % expected.length]!;
  return difference === 0 && expected.length > 0;
}
