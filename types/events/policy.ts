/**
 * State that keeps unwanted servers and users away.
 *
 * @module
 */

import type { OpenObject } from "../json.ts";

/**
 * Content of `m.room.server_acl`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroomserver_acl
 */
export interface ServerACLStateEventContent extends OpenObject {
  /** Whether servers named by IP address may take part; absent means yes. */
  allow_ip_literals?: boolean;
  /** Servers that may take part, as globs; absent means none. */
  allow?: string[];
  /** Servers that may not take part, as globs; absent means none. */
  deny?: string[];
}

/**
 * Content of `m.room.policy`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroompolicy
 */
export interface RoomPolicyStateEventContent extends OpenObject {
  /** The server that judges events before they are sent. */
  via: string;
  /** The server's keys. */
  public_keys: PolicyServerKeys;
}

/** Keys of a policy server, by algorithm. */
export interface PolicyServerKeys {
  /** The Ed25519 key, unpadded base64. */
  ed25519: string;
  /** Another key, unpadded base64. */
  [algorithm: string]: string;
}

/**
 * What a policy list advises.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mban-recommendation
 */
export type PolicyRecommendation = "m.ban" | (string & Record<never, never>);

/**
 * Content of `m.policy.rule.user`, `m.policy.rule.room` and `m.policy.rule.server`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#moderation-policy-lists
 */
export interface PolicyRuleStateEventContent extends OpenObject {
  /** Whom or what the rule is about, as a glob. */
  entity: string;
  /** What to do. */
  recommendation: PolicyRecommendation;
  /** Why, for people. */
  reason: string;
}
