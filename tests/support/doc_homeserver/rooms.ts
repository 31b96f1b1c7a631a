import { Fault, type Json, notFound, refuseMissing, SERVER, text } from "./route.ts";
import { Clock, Room } from "./room.ts";

/** Presets of a new room that differ from the default. */
const JOIN_RULES: Record<string, string> = { public_chat: "public" };
const ALICE = `@alice:${SERVER}`;
const BOB = `@bob:${SERVER}`;

/** The rooms and their aliases. */
export class Rooms {
  readonly clock = new Clock();
  readonly all = new Map<string, Room>();
  readonly aliases = new Map<string, string>();
  readonly published = new Set<string>();
  /** Rooms that no request has created. */
  readonly #given = new Set<string>();

  /** Returns a room by ID. A room that does not exist yet is created with the caller and Bob as members. */
  get(id: string, userId: string): Room {
    refuseMissing(id, "Room");
    if (/private|secret|forbidden/.test(id) && !this.all.has(id)) {
      throw new Fault(403, "M_FORBIDDEN", "You are not invited to this room");
    }
    const known = this.all.get(id);
    if (known) {
      if (this.#given.has(id) && known.membership(userId) === "") known.setMembership(userId, userId, "join");
      return known;
    }
    this.#given.add(id);
    const room = this.#begin(id, BOB);
    room.add(BOB, "m.room.name", { name: "Example" }, "");
    room.add(BOB, "m.room.topic", { topic: "Examples" }, "");
    room.setMembership(userId, userId, "join");
    room.add(BOB, "m.room.message", { msgtype: "m.text", body: "Hello" }, undefined, "$event");
    return room;
  }

  /** Returns a room by ID or alias. */
  resolve(idOrAlias: string, userId: string): Room {
    if (!idOrAlias.startsWith("#")) return this.get(idOrAlias, userId);
    refuseMissing(idOrAlias, "Room alias");
    let id = this.aliases.get(idOrAlias);
    if (id === undefined) {
      id = `!${idOrAlias.slice(1)}`;
      this.aliases.set(idOrAlias, id);
    }
    return this.get(id, userId);
  }

  #begin(id: string, creator: string, version: unknown = "11", content: unknown = {}): Room {
    const room = new Room(id, this.clock);
    this.all.set(id, room);
    room.add(creator, "m.room.create", { creator, ...(content as Json), room_version: version }, "");
    room.setMembership(creator, creator, "join");
    room.add(creator, "m.room.power_levels", {
      users: { [creator]: 100 },
      users_default: 0,
      events: { "m.room.name": 50, "m.room.power_levels": 100 },
      events_default: 0,
      state_default: 50,
      ban: 50,
      kick: 50,
      redact: 50,
      invite: 0,
    }, "");
    return room;
  }

  /** Handles `POST /createRoom`. */
  create(userId: string, body: Json): Room {
    const localpart = text(body.room_alias_name);
    const alias = localpart === undefined ? undefined : `#${localpart}:${SERVER}`;
    if (alias !== undefined && (this.aliases.has(alias) || /taken/.test(alias))) {
      throw new Fault(400, "M_ROOM_IN_USE", "Room alias already taken");
    }
    const made = [...this.all.keys()].filter((id) => /^!new\d/.test(id)).length;
    const room = this.#begin(
      `!new${made + 1}:${SERVER}`,
      userId,
      body.room_version ?? "11",
      body.creation_content,
    );
    const rule = JOIN_RULES[text(body.preset) ?? ""] ?? (body.visibility === "public" ? "public" : "invite");
    room.add(userId, "m.room.join_rules", { join_rule: rule }, "");
    room.add(userId, "m.room.history_visibility", { history_visibility: "shared" }, "");
    const levels = body.power_level_content_override as Json | undefined;
    if (levels) {
      const { content } = room.state("m.room.power_levels", "") ?? { content: {} };
      room.add(userId, "m.room.power_levels", { ...content, ...levels }, "");
    }
    if (alias !== undefined) {
      this.aliases.set(alias, room.id);
      room.add(userId, "m.room.canonical_alias", { alias }, "");
    }
    for (const event of (body.initial_state as Json[] | undefined) ?? []) {
      room.add(userId, String(event.type), event.content as Json, text(event.state_key) ?? "");
    }
    if (text(body.name) !== undefined) room.add(userId, "m.room.name", { name: body.name }, "");
    if (text(body.topic) !== undefined) room.add(userId, "m.room.topic", { topic: body.topic }, "");
    for (const invitee of (body.invite as string[] | undefined) ?? []) {
      room.setMembership(userId, invitee, "invite");
    }
    if (body.visibility === "public") this.published.add(room.id);
    return room;
  }

  /** Joins a user. */
  join(room: Room, userId: string, reason?: unknown): void {
    if (room.membership(userId) === "ban") {
      throw new Fault(403, "M_FORBIDDEN", "You are banned from this room");
    }
    const rule = room.state("m.room.join_rules", "")?.content.join_rule ?? "public";
    if (rule === "invite" && !["invite", "join"].includes(room.membership(userId))) {
      throw new Fault(403, "M_FORBIDDEN", "You are not invited to this room");
    }
    if (room.membership(userId) !== "join") room.setMembership(userId, userId, "join", reason);
  }

  /** Returns the room of an alias. */
  roomOfAlias(alias: string, userId: string): string {
    return this.resolve(alias, userId).id;
  }

  /** Returns a room's entry in the public directory. */
  summary(room: Room): Json {
    const field = (type: string, name: string) => room.state(type, "")?.content[name];
    return {
      room_id: room.id,
      num_joined_members: room.members("join").length,
      world_readable: false,
      guest_can_join: false,
      join_rule: field("m.room.join_rules", "join_rule") ?? "public",
      ...Object.fromEntries(
        Object.entries({
          name: field("m.room.name", "name"),
          topic: field("m.room.topic", "topic"),
          canonical_alias: field("m.room.canonical_alias", "alias"),
          room_type: field("m.room.create", "type"),
        }).filter(([, value]) => value !== undefined),
      ),
    };
  }

  /** Returns a user's rooms. */
  of(userId: string, membership: string): Room[] {
    return [...this.all.values()].filter((room) => room.membership(userId) === membership);
  }

  /** Upgrades a room, and returns its successor. */
  upgrade(room: Room, userId: string, version: unknown): Room {
    const successor = this.create(userId, {
      room_version: version,
      creation_content: { predecessor: { room_id: room.id } },
      name: room.state("m.room.name", "")?.content.name,
    });
    room.add(userId, "m.room.tombstone", {
      body: "This room has been replaced",
      replacement_room: successor.id,
    }, "");
    return successor;
  }

  /** Sends a message of Bob's (to Bob, one of Alice's), for examples that wait for a message. */
  letBobSpeak(userId: string): void {
    const room = this.of(userId, "join")[0];
    const sender = userId === BOB ? ALICE : BOB;
    room?.add(sender, "m.room.message", { msgtype: "m.text", body: "Hello" });
  }

  /** Sends an invitation by Bob. */
  letBobInvite(userId: string): void {
    const room = this.#begin(`!invited:${SERVER}`, BOB);
    room.add(BOB, "m.room.join_rules", { join_rule: "invite" }, "");
    room.setMembership(BOB, userId, "invite");
  }

  /** Removes an alias. */
  removeAlias(alias: string): void {
    if (!this.aliases.delete(alias)) throw notFound("Room alias");
  }
}
