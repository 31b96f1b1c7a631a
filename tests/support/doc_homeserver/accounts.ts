/** Login, profiles, devices and account data. */
import {
  askForPassword,
  type Call,
  Fault,
  type Json,
  notFound,
  refuseMissing,
  type Routes,
  SERVER,
  text,
} from "./route.ts";
import { displayname } from "./room.ts";
import type { Rooms } from "./rooms.ts";

const V3 = "/_matrix/client/v3";
const OWN = `${V3}/user/{userId}`;

interface Datum {
  position: number;
  content: Json;
}

/** The users and their data. */
export class Accounts {
  /** The room that every user has joined. */
  readonly firstRoom = `!room:${SERVER}`;
  readonly #tokens = new Map<string, { userId: string; deviceId: string }>();
  readonly #ended = new Set<string>();
  readonly #profiles = new Map<string, Json>();
  readonly #devices = new Map<string, Map<string, Json>>();
  readonly #accountData = new Map<string, Datum>();
  readonly #tags = new Map<string, Json>();
  readonly #filters: Json[] = [];
  readonly #presence = new Map<string, Json>();
  readonly #toDevice = new Map<string, Json[]>();
  #logins = 0;

  constructor(readonly rooms: Rooms) {}

  /** Returns the owner of a token: the user it was issued to, the user whose name it contains, or Alice. */
  identify(token: string): { userId: string; deviceId: string } {
    if (this.#ended.has(token) || /wrong|expired|revoked|invalid/.test(token)) {
      throw new Fault(401, "M_UNKNOWN_TOKEN", "Unrecognised access token", { soft_logout: false });
    }
    const issued = this.#tokens.get(token);
    if (issued) return issued;
    const name = /bob|carol|dave|bot/.exec(token.toLowerCase())?.[0] ?? "alice";
    return { userId: `@${name}:${SERVER}`, deviceId: "DEVICE" };
  }

  /** Adds an access token of Alice. */
  addToken(token: string, deviceId: string): void {
    this.#tokens.set(token, { userId: `@alice:${SERVER}`, deviceId });
  }

  /** Returns account data that changed after a position. */
  changedAccountData(userId: string, since: number): Json[] {
    return [...this.#accountData].filter(([key, { position }]) =>
      key.startsWith(`${userId}||`) && position > since
    ).map(([key, { content }]) => ({ type: key.split("||")[1], content }));
  }

  /** Returns the messages to a device, and removes them. */
  takeToDevice(userId: string, deviceId: string): Json[] {
    const messages: Json[] = [];
    for (const device of [deviceId, "*"]) {
      messages.push(...this.#toDevice.get(`${userId} ${device}`) ?? []);
      this.#toDevice.delete(`${userId} ${device}`);
    }
    return messages;
  }

  #login({ body }: Call): Json {
    const identifier = body.identifier as Json | undefined;
    const user = text(identifier?.user) ?? text(body.user) ?? "alice";
    const secret = text(body.password) ?? text(body.token) ?? "";
    if (/wrong|invalid/.test(secret)) throw new Fault(403, "M_FORBIDDEN", "Invalid username or password");
    const userId = user.startsWith("@") ? user : `@${user}:${SERVER}`;
    const number = ++this.#logins;
    const deviceId = text(body.device_id) ?? `DEVICE${number}`;
    const token = `syt_${user.replace(/\W/g, "")}_${number}`;
    this.#tokens.set(token, { userId, deviceId });
    this.#devicesOf(userId).set(deviceId, {
      device_id: deviceId,
      display_name: body.initial_device_display_name ?? null,
    });
    return {
      user_id: userId,
      access_token: token,
      device_id: deviceId,
      home_server: SERVER,
      well_known: { "m.homeserver": { base_url: `https://matrix.${SERVER}` } },
      ...(body.refresh_token ? { refresh_token: `syr_${number}`, expires_in_ms: 300_000 } : {}),
    };
  }

  #logout(token: string, all: boolean): Json {
    const own = this.identify(token);
    this.#ended.add(token);
    if (all) {
      for (const [other, { userId }] of this.#tokens) if (userId === own.userId) this.#ended.add(other);
    }
    return {};
  }

  #devicesOf(userId: string): Map<string, Json> {
    let devices = this.#devices.get(userId);
    if (!devices) {
      devices = new Map([["DEVICE", { device_id: "DEVICE", display_name: "Example" }]]);
      this.#devices.set(userId, devices);
    }
    return devices;
  }

  #device({ params, userId }: Call): Json {
    const device = this.#devicesOf(userId).get(params.deviceId ?? "");
    if (!device) throw notFound("Device");
    return device;
  }

  #profile(userId: string): Json {
    refuseMissing(userId, "Profile");
    let profile = this.#profiles.get(userId);
    if (!profile) {
      profile = { displayname: displayname(userId), avatar_url: `mxc://${SERVER}/avatar` };
      this.#profiles.set(userId, profile);
    }
    return profile;
  }

  #profileField({ params }: Call): Json {
    const profile = this.#profile(params.userId ?? "");
    const key = params.key ?? "";
    return key in profile ? { [key]: profile[key] } : {};
  }

  #requireOwn({ params, userId }: Call): void {
    if (params.userId !== userId) throw new Fault(403, "M_FORBIDDEN", "Cannot do this for other users");
  }

  #datumKey({ params }: Call): string {
    return `${params.userId}|${params.roomId ?? ""}|${params.type}`;
  }

  #getDatum(call: Call): Json {
    const datum = this.#accountData.get(this.#datumKey(call));
    if (!datum) throw notFound("Account data");
    return datum.content;
  }

  #setDatum(call: Call): Json {
    this.#requireOwn(call);
    this.#accountData.set(this.#datumKey(call), { position: this.rooms.clock.tick(), content: call.body });
    return {};
  }

  #tagsOf({ params }: Call): Json {
    const key = `${params.userId} ${params.roomId}`;
    let tags = this.#tags.get(key);
    if (!tags) this.#tags.set(key, tags = {});
    return tags;
  }

  #sendToDevice({ params, body, userId }: Call): Json {
    const messages = body.messages as Record<string, Record<string, Json>> | undefined;
    for (const [target, devices] of Object.entries(messages ?? {})) {
      for (const [device, content] of Object.entries(devices)) {
        const key = `${target} ${device}`;
        const event = { type: params.type, sender: userId, content };
        this.#toDevice.set(key, [...this.#toDevice.get(key) ?? [], event]);
      }
    }
    this.rooms.clock.tick();
    return {};
  }

  #searchUsers({ body }: Call): Json {
    const term = (text(body.search_term) ?? "").toLowerCase();
    const results = ["alice", "bob", "carol"].filter((name) => name.includes(term)).map((name) => ({
      user_id: `@${name}:${SERVER}`,
      display_name: displayname(`@${name}`),
      avatar_url: null,
    }));
    const limit = typeof body.limit === "number" ? body.limit : 10;
    return { results: results.slice(0, limit), limited: results.length > limit };
  }

  routes(): Routes {
    const devices = `${V3}/devices`;
    const profile = `${V3}/profile/{userId}`;
    const tags = `${OWN}/rooms/{roomId}/tags`;
    return {
      [`GET ${V3}/login`]: () => ({ flows: [{ type: "m.login.password" }, { type: "m.login.token" }] }),
      [`POST ${V3}/login`]: (call) => this.#login(call),
      [`POST ${V3}/register`]: (call) =>
        this.#login({ ...call, body: { ...call.body, user: call.body.username } }),
      [`POST ${V3}/logout`]: ({ token }) => this.#logout(token, false),
      [`POST ${V3}/logout/all`]: ({ token }) => this.#logout(token, true),
      [`POST ${V3}/refresh`]: () => ({ access_token: "syt_alice_refreshed", expires_in_ms: 300_000 }),
      [`GET ${V3}/account/whoami`]: ({ userId, deviceId }) => ({
        user_id: userId,
        ...(deviceId ? { device_id: deviceId } : {}),
        is_guest: false,
      }),
      [`POST ${V3}/account/password`]: ({ body }) => (askForPassword(body), {}),
      [`POST ${V3}/account/deactivate`]: (
        { body },
      ) => (askForPassword(body), { id_server_unbind_result: "success" }),
      [`GET ${devices}`]: ({ userId }) => ({ devices: [...this.#devicesOf(userId).values()] }),
      [`GET ${devices}/{deviceId}`]: (call) => this.#device(call),
      [`PUT ${devices}/{deviceId}`]: ({ params, userId, body }) => {
        const known = this.#devicesOf(userId).has(params.deviceId ?? "");
        this.#devicesOf(userId).set(params.deviceId ?? "", { ...body, device_id: params.deviceId });
        return Response.json({}, { status: known ? 200 : 201 });
      },
      [`DELETE ${devices}/{deviceId}`]: ({ params, userId, body }) => {
        askForPassword(body);
        this.#devicesOf(userId).delete(params.deviceId ?? "");
        return {};
      },
      [`POST ${V3}/delete_devices`]: ({ body }) => (askForPassword(body), {}),
      [`GET ${profile}`]: ({ params }) => this.#profile(params.userId ?? ""),
      [`GET ${profile}/{key}`]: (call) => this.#profileField(call),
      [`PUT ${profile}/{key}`]: (call) => {
        this.#requireOwn(call);
        this.#profile(call.userId)[call.params.key ?? ""] = call.body[call.params.key ?? ""] ?? undefined;
        return {};
      },
      [`DELETE ${profile}/{key}`]: (call) => {
        this.#requireOwn(call);
        delete this.#profile(call.userId)[call.params.key ?? ""];
        return {};
      },
      [`PATCH ${profile}`]: (call) => {
        this.#requireOwn(call);
        Object.assign(this.#profile(call.userId), call.body);
        return {};
      },
      [`GET ${OWN}/account_data/{type}`]: (call) => this.#getDatum(call),
      [`PUT ${OWN}/account_data/{type}`]: (call) => this.#setDatum(call),
      [`GET ${OWN}/rooms/{roomId}/account_data/{type}`]: (call) => this.#getDatum(call),
      [`PUT ${OWN}/rooms/{roomId}/account_data/{type}`]: (call) => this.#setDatum(call),
      [`GET ${tags}`]: (call) => ({ tags: this.#tagsOf(call) }),
      [`PUT ${tags}/{tag}`]: (call) => {
        this.#tagsOf(call)[call.params.tag ?? ""] = call.body;
        return {};
      },
      [`DELETE ${tags}/{tag}`]: (call) => {
        delete this.#tagsOf(call)[call.params.tag ?? ""];
        return {};
      },
      [`POST ${OWN}/filter`]: ({ body }) => ({ filter_id: String(this.#filters.push(body) - 1) }),
      [`GET ${OWN}/filter/{filterId}`]: ({ params }) => {
        const filter = this.#filters[Number(params.filterId)];
        if (!filter) throw notFound("Filter");
        return filter;
      },
      [`POST ${OWN}/openid/request_token`]: () => ({
        access_token: "openid_1",
        token_type: "Bearer",
        matrix_server_name: SERVER,
        expires_in: 3_600,
      }),
      [`GET ${V3}/presence/{userId}/status`]: ({ params }) =>
        this.#presence.get(params.userId ?? "") ??
          { presence: "online", last_active_ago: 1_000, currently_active: true },
      [`PUT ${V3}/presence/{userId}/status`]: (call) => {
        this.#requireOwn(call);
        this.#presence.set(call.userId, { last_active_ago: 0, ...call.body });
        return {};
      },
      [`POST ${V3}/user_directory/search`]: (call) => this.#searchUsers(call),
      [`PUT ${V3}/sendToDevice/{type}/{txnId}`]: (call) => this.#sendToDevice(call),
    };
  }
}
