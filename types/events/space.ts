/**
 * How spaces and rooms belong together.
 *
 * @module
 */

import type { OpenObject } from "../json.ts";

/**
 * Content of `m.space.child`. The state key is the child's room ID.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mspacechild
 */
export interface SpaceChildStateEventContent extends OpenObject {
  /** Servers to join the child through. */
  via: string[];
  /** Where to sort it among the others, up to 50 printable ASCII characters. */
  order?: string;
  /** Whether the space recommends the child; absent means no. */
  suggested?: boolean;
}

/**
 * Content of `m.space.parent`. The state key is the parent's room ID.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mspaceparent
 */
export interface SpaceParentStateEventContent extends OpenObject {
  /** Servers to join the parent through. */
  via: string[];
  /** Whether this is the room's main space; absent means no. */
  canonical?: boolean;
}
