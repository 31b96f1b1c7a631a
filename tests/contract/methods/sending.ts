import { flag, inBody, STRING, txnId } from "./options.ts";
import { type Argument, type Option, rows } from "./row.ts";
import { EVENT, EVENT_ID, IN_ROOM, ODD_PATH, ROOM, TYPE, URI } from "./samples.ts";

const MESSAGE = `PUT ${IN_ROOM}/send/m.room.message/txn`;
const MEDIA: Argument = [URI, "id"];
const relatesTo = inBody("m.relates_to", "truthy", { rel_type: "m.thread", event_id: "$e" });
const html = inBody("formatted_body", "non-null", "<i>x</i>", { cases: STRING });
/** The text of a call that passes one object in place of text and options. */
const text: Option = inBody("body", "non-null", "x", {
  args: [ROOM[0]],
  with: { html: "<p>made</p>" },
  fallback: "made",
  cases: STRING,
  kind: null,
});

const mentions = inBody("m.mentions", "non-null", { user_ids: ["@bob:example.org"], room: true }, {
  cases: [["", TypeError], [0, TypeError], [false, TypeError]],
});
const caption = inBody("body", "non-null", "A report", {
  with: { captionHtml: "<p>made</p>" },
  fallback: "made",
  cases: STRING,
});
const upload = { size: flag(), maxSize: flag(), onProgress: flag() };
const captionHtml = inBody("formatted_body", "non-null", "<i>x</i>", { cases: STRING });

export const sending = rows({
  sendMessageEvent: {
    args: [ROOM, TYPE, [{ a: 1 }, "object"]],
    options: { txnId },
    timestamp: "ts",
    line: `PUT ${IN_ROOM}/send/org.x%2Fy/txn`,
    body: { a: 1 },
    ...EVENT_ID,
  },
  sendMessage: {
    args: [ROOM, [{ msgtype: "m.text", body: "Tea" }, "object"]],
    options: { txnId },
    timestamp: "ts",
    line: MESSAGE,
    body: { msgtype: "m.text", body: "Tea" },
    ...EVENT_ID,
  },
  react: {
    args: [ROOM, [EVENT[0], "id"], ["👍", "text"]],
    options: { txnId },
    timestamp: "ts",
    line: `PUT ${IN_ROOM}/send/m.reaction/txn`,
    body: { "m.relates_to": { rel_type: "m.annotation", event_id: EVENT[0], key: "👍" } },
    ...EVENT_ID,
  },
  sendText: {
    args: [ROOM, ["Tea", "text-or-html"]],
    options: {
      text,
      html,
      msgtype: inBody("msgtype", "always", "m.notice", { fallback: "m.text" }),
      relatesTo,
      mentions,
      txnId,
    },
    given: { html: "<b>Tea</b>" },
    timestamp: "ts",
    line: MESSAGE,
    body: {
      msgtype: "m.text",
      body: "Tea",
      format: "org.matrix.custom.html",
      formatted_body: "<b>Tea</b>",
    },
    ...EVENT_ID,
    calls: [{ args: [ROOM, [{ html: "<b>Hello</b>", msgtype: "m.text" }, "any"]] }],
  },
  sendNotice: {
    args: [ROOM, ["Tea", "text-or-html"]],
    options: { text, html, relatesTo, mentions, txnId },
    timestamp: "ts",
    line: MESSAGE,
    body: { msgtype: "m.notice", body: "Tea" },
    ...EVENT_ID,
  },
  sendEmote: {
    args: [ROOM, ["drinks", "text-or-html"]],
    options: { text, html, relatesTo, mentions, txnId },
    timestamp: "ts",
    line: MESSAGE,
    body: { msgtype: "m.emote", body: "drinks" },
    ...EVENT_ID,
  },
  sendFile: {
    args: [ROOM, MEDIA],
    options: {
      info: inBody("info", "non-null", { size: 1 }),
      fileName: inBody("body", "always", "a.txt", { fallback: "file" }),
      fileType: inBody("msgtype", "always", "m.audio", { fallback: "m.file" }),
      caption,
      captionHtml,
      relatesTo,
      mentions,
      txnId,
      ...upload,
    },
    given: { fileName: "a.txt" },
    timestamp: "ts",
    line: MESSAGE,
    body: { msgtype: "m.file", body: "a.txt", url: URI },
    ...EVENT_ID,
  },
  sendImage: {
    args: [ROOM, MEDIA],
    options: {
      info: inBody("info", "non-null", { w: 1 }),
      fileName: inBody("body", "always", "a.png", { fallback: "image" }),
      caption,
      captionHtml,
      relatesTo,
      mentions,
      txnId,
      ...upload,
    },
    given: { info: { w: 1 } },
    timestamp: "ts",
    line: MESSAGE,
    body: { msgtype: "m.image", body: "image", url: URI, info: { w: 1 } },
    ...EVENT_ID,
  },
  sendSticker: {
    args: [ROOM, MEDIA],
    options: {
      info: inBody("info", "always", { w: 1 }, { fallback: {} }),
      text: inBody("body", "always", "x", { fallback: "" }),
      relatesTo,
      mentions,
      txnId,
    },
    timestamp: "ts",
    line: `PUT ${IN_ROOM}/send/m.sticker/txn`,
    body: { body: "", url: URI, info: {} },
    ...EVENT_ID,
  },
  redact: {
    args: [ROOM, EVENT],
    options: {
      reason: inBody("reason", "truthy", "spam"),
      extraContent: inBody("more", "truthy", { more: 1 }, { sent: 1 }),
      txnId,
    },
    given: { reason: "Spam" },
    line: `PUT ${IN_ROOM}/redact/${ODD_PATH.event}/txn`,
    body: { reason: "Spam" },
    ...EVENT_ID,
  },
});
