/**
 * State events that restrict servers and users.
 *
 * @module
 */

import type { OpenObject } from "../json.ts";

/**
 * Content of an `m.room.server_acl` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomserver_acl
 */
export interface ServerACLStateEventContent extends OpenObject {
  /** Whether servers named by an IP address may participate. Absent means `true`. */
  allow_ip_literals?: boolean;
  /** Servers that may participate, as globs. Absent means none. */
  allow?: string[];
  /** Servers that may not participate, as globs. Absent means none. */
  deny?: string[];
}

/**
 * Content of an `m.room.policy` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompolicy
 */
export interface RoomPolicyStateEventContent extends OpenObject {
  /** Policy server, which checks events before they are sent. */
  via: string;
  /** Public keys of the policy server. */
  public_keys: PolicyServerKeys;
}

/** Public keys of a policy server by algorithm. */
export interface PolicyServerKeys {
  /** Ed25519 key, unpadded base64. */
  ed25519: string;
  /** Another key, unpadded base64. */
  [algorithm: string]: string;
}

/**
 * Recommendation of a moderation policy.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mban-recommendation
 */
export type PolicyRecommendation = "m.ban" | (string & Record<never, never>);

/**
 * Content of an `m.policy.rule.user`, `m.policy.rule.room` or `m.policy.rule.server` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#moderation-policy-lists
 */
export interface PolicyRuleStateEventContent extends OpenObject {
  /** Users, rooms or servers that the rule applies to, as a glob. */
  entity: string;
  /** Recommended action. */
  recommendation: PolicyRecommendation;
  /** Human-readable reason. */
  reason: string;
}
