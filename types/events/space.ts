/**
 * Rooms in spaces.
 *
 * @module
 */

import type { OpenObject } from "../json.ts";

/**
 * Content of an `m.space.child` event. The state key is the room ID of the child.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mspacechild
 */
export interface SpaceChildStateEventContent extends OpenObject {
  /** Servers to join the child through. */
  via: string[];
  /** Sort key among the children, at most 50 printable ASCII characters. */
  order?: string;
  /** Whether the space recommends the child. Absent means `false`. */
  suggested?: boolean;
}

/**
 * Content of an `m.space.parent` event. The state key is the room ID of the parent.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mspaceparent
 */
export interface SpaceParentStateEventContent extends OpenObject {
  /** Servers to join the parent through. */
  via: string[];
  /** Whether this is the main parent of the room. Absent means `false`. */
  canonical?: boolean;
}
