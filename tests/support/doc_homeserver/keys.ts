/** Device keys, cross-signing keys, key backups and push rules. */
import { askForPassword, type Call, type Json, notFound, type Routes } from "./route.ts";

const V3 = "/_matrix/client/v3";
const BACKUP = `${V3}/room_keys`;
const RULE = `${V3}/pushrules/global/{kind}/{ruleId}`;

type Rule = Json & { rule_id: string };

function rule(rule_id: string, actions: unknown[], rest: Json = {}): Rule {
  return { rule_id, default: true, enabled: true, actions, ...rest };
}

/** Some of the default push rules. */
function initialRules(): Record<string, Rule[]> {
  const message = [{ kind: "event_match", key: "type", pattern: "m.room.message" }];
  return {
    override: [
      rule(".m.rule.master", [], { enabled: false, conditions: [] }),
      rule(".m.rule.suppress_notices", [], {
        conditions: [{ kind: "event_match", key: "content.msgtype", pattern: "m.notice" }],
      }),
    ],
    content: [],
    room: [],
    sender: [],
    underride: [rule(".m.rule.message", ["notify"], { conditions: message })],
  };
}

function merge(all: Record<string, Json> = {}, signer: string, added: Json): Record<string, Json> {
  return { ...all, [signer]: { ...all[signer], ...added } };
}

/** The routes under `/keys`, `/room_keys` and `/pushrules`. */
export class Keys {
  readonly #deviceKeys = new Map<string, Record<string, Json>>();
  /** Cross-signing keys by user and usage, such as `master_key`. */
  readonly #crossSigningKeys = new Map<string, Record<string, Json>>();
  readonly #oneTimeKeys = new Map<string, [string, unknown][]>();
  readonly #backups: Json[] = [];
  readonly #sessions = new Map<string, Map<string, Json>>();
  readonly #rules = initialRules();

  #upload({ userId, deviceId, body }: Call): Json {
    const deviceKeys = body.device_keys as Json | undefined;
    if (deviceKeys) {
      this.#deviceKeys.set(userId, { ...this.#deviceKeys.get(userId), [deviceId]: deviceKeys });
    }
    const key = `${userId} ${deviceId}`;
    const held = [...this.#oneTimeKeys.get(key) ?? [], ...Object.entries((body.one_time_keys as Json) ?? {})];
    this.#oneTimeKeys.set(key, held);
    const counts: Record<string, number> = {};
    for (const [name] of held) {
      const algorithm = name.split(":")[0] ?? "";
      counts[algorithm] = (counts[algorithm] ?? 0) + 1;
    }
    return { one_time_key_counts: counts };
  }

  #query({ body }: Call): Json {
    const users = Object.keys((body.device_keys as Json | undefined) ?? {});
    const keys = (usage: string) =>
      Object.fromEntries(users.flatMap((userId) => {
        const key = this.#crossSigningKeys.get(userId)?.[`${usage}_key`];
        return key ? [[userId, key]] : [];
      }));
    return {
      device_keys: Object.fromEntries(users.map((userId) => [userId, this.#deviceKeys.get(userId) ?? {}])),
      master_keys: keys("master"),
      self_signing_keys: keys("self_signing"),
      user_signing_keys: keys("user_signing"),
      failures: {},
    };
  }

  #uploadCrossSigningKeys({ userId, body }: Call): Json {
    askForPassword(body);
    const { auth: _, ...keys } = body;
    this.#crossSigningKeys.set(userId, {
      ...this.#crossSigningKeys.get(userId),
      ...keys as Record<string, Json>,
    });
    return {};
  }

  /** Adds signatures to keys of devices and cross-signing keys. */
  #uploadSignatures({ body }: Call): Json {
    for (const [userId, objects] of Object.entries(body as Record<string, Record<string, Json>>)) {
      const crossSigningKeys = Object.values(this.#crossSigningKeys.get(userId) ?? {});
      for (const [id, { signatures }] of Object.entries(objects)) {
        const key = this.#deviceKeys.get(userId)?.[id] ??
          crossSigningKeys.find(({ keys }) => Object.values(keys as Json).includes(id));
        for (const [signer, added] of Object.entries((signatures ?? {}) as Record<string, Json>)) {
          if (key) key.signatures = merge(key.signatures as Record<string, Json> | undefined, signer, added);
        }
      }
    }
    return { failures: {} };
  }

  #claim({ body }: Call): Json {
    const wanted = (body.one_time_keys as Record<string, Json> | undefined) ?? {};
    const claimed: Record<string, Record<string, Json>> = {};
    for (const [userId, devices] of Object.entries(wanted)) {
      for (const device of Object.keys(devices)) {
        const key = this.#oneTimeKeys.get(`${userId} ${device}`)?.shift();
        if (key) (claimed[userId] ??= {})[device] = { [key[0]]: key[1] };
      }
    }
    return { one_time_keys: claimed, failures: {} };
  }

  #backup(version?: string): Json {
    const backup = version === undefined ? this.#backups.at(-1) : this.#backups[Number(version) - 1];
    if (!backup) throw notFound("Backup");
    return backup;
  }

  #room(roomId: string): Map<string, Json> {
    let room = this.#sessions.get(roomId);
    if (!room) this.#sessions.set(roomId, room = new Map());
    return room;
  }

  #count(): Json {
    const count = [...this.#sessions.values()].reduce((sum, { size }) => sum + size, 0);
    return { etag: String(count), count };
  }

  #putSessions(roomId: string, sessions: unknown): void {
    for (const [id, session] of Object.entries((sessions as Record<string, Json> | undefined) ?? {})) {
      this.#room(roomId).set(id, session);
    }
  }

  #backupRoutes(): Routes {
    const version = `${BACKUP}/version`;
    const room = `${BACKUP}/keys/{roomId}`;
    const sessions = (roomId: string) => ({ sessions: Object.fromEntries(this.#room(roomId)) });
    return {
      [`POST ${version}`]: ({ body }) => ({
        version: String(
          this.#backups.push({ ...body, etag: "0", count: 0, version: String(this.#backups.length + 1) }),
        ),
      }),
      [`GET ${version}`]: () => ({ ...this.#backup(), ...this.#count() }),
      [`GET ${version}/{version}`]: ({ params }) => ({ ...this.#backup(params.version), ...this.#count() }),
      [`PUT ${version}/{version}`]: (
        { params, body },
      ) => (Object.assign(this.#backup(params.version), body), {}),
      [`DELETE ${version}/{version}`]: ({ params }) => {
        delete this.#backups[Number(params.version) - 1];
        return {};
      },
      [`GET ${BACKUP}/keys`]: () => ({
        rooms: Object.fromEntries([...this.#sessions.keys()].map((id) => [id, sessions(id)])),
      }),
      [`PUT ${BACKUP}/keys`]: ({ body }) => {
        for (const [id, data] of Object.entries((body.rooms as Record<string, Json> | undefined) ?? {})) {
          this.#putSessions(id, data.sessions);
        }
        return this.#count();
      },
      [`DELETE ${BACKUP}/keys`]: () => (this.#sessions.clear(), this.#count()),
      [`GET ${room}`]: ({ params }) => sessions(params.roomId ?? ""),
      [`PUT ${room}`]: (
        { params, body },
      ) => (this.#putSessions(params.roomId ?? "", body.sessions), this.#count()),
      [`DELETE ${room}`]: ({ params }) => (this.#sessions.delete(params.roomId ?? ""), this.#count()),
      [`GET ${room}/{sessionId}`]: ({ params }) => {
        const session = this.#room(params.roomId ?? "").get(params.sessionId ?? "");
        if (!session) throw notFound("Session");
        return session;
      },
      [`PUT ${room}/{sessionId}`]: (
        { params, body },
      ) => (this.#room(params.roomId ?? "").set(params.sessionId ?? "", body), this.#count()),
      [`DELETE ${room}/{sessionId}`]: (
        { params },
      ) => (this.#room(params.roomId ?? "").delete(params.sessionId ?? ""), this.#count()),
    };
  }

  #rule({ params }: Call): Rule {
    const found = this.#rules[params.kind ?? ""]?.find(({ rule_id }) => rule_id === params.ruleId);
    if (!found) throw notFound("Push rule");
    return found;
  }

  #setRule({ params, body }: Call): Json {
    const { kind = "", ruleId = "" } = params;
    const others = (this.#rules[kind] ?? []).filter(({ rule_id }) => rule_id !== ruleId);
    this.#rules[kind] = [{ rule_id: ruleId, default: false, enabled: true, actions: [], ...body }, ...others];
    return {};
  }

  #pushRoutes(): Routes {
    return {
      [`GET ${V3}/pushrules/`]: () => ({ global: this.#rules }),
      [`GET ${V3}/pushrules/global/`]: () => this.#rules,
      [`GET ${RULE}`]: (call) => this.#rule(call),
      [`PUT ${RULE}`]: (call) => this.#setRule(call),
      [`DELETE ${RULE}`]: (call) => {
        const found = this.#rule(call);
        const kind = call.params.kind ?? "";
        this.#rules[kind] = (this.#rules[kind] ?? []).filter((other) => other !== found);
        return {};
      },
      [`GET ${RULE}/enabled`]: (call) => ({ enabled: this.#rule(call).enabled }),
      [`PUT ${RULE}/enabled`]: (call) => (Object.assign(this.#rule(call), call.body), {}),
      [`GET ${RULE}/actions`]: (call) => ({ actions: this.#rule(call).actions }),
      [`PUT ${RULE}/actions`]: (call) => (Object.assign(this.#rule(call), call.body), {}),
      [`GET ${V3}/pushers`]: () => ({ pushers: [] }),
      [`POST ${V3}/pushers/set`]: () => ({}),
      [`GET ${V3}/notifications`]: () => ({ notifications: [] }),
    };
  }

  routes(): Routes {
    return {
      [`POST ${V3}/keys/upload`]: (call) => this.#upload(call),
      [`POST ${V3}/keys/query`]: (call) => this.#query(call),
      [`POST ${V3}/keys/claim`]: (call) => this.#claim(call),
      [`GET ${V3}/keys/changes`]: () => ({ changed: [], left: [] }),
      [`POST ${V3}/keys/device_signing/upload`]: (call) => this.#uploadCrossSigningKeys(call),
      [`POST ${V3}/keys/signatures/upload`]: (call) => this.#uploadSignatures(call),
      ...this.#backupRoutes(),
      ...this.#pushRoutes(),
    };
  }
}
