// The real socket.io-parser and engine.io-parser, for test_javascript.py: what they write, and what they read in ours.
// node javascript_encoder.mjs PACKAGE_JSON reads one JSON object a line and answers each by one.
// Bytes stand in both as {"$bytes": base64}.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.argv[2]);
const { Encoder, Decoder } = require("socket.io-parser");
const { encodePayload, decodePayload } = require("engine.io-parser");

const revive = (key, value) => (value?.$bytes === undefined ? value : Buffer.from(value.$bytes, "base64"));

/** By `this`, because a Buffer's own toJSON has been at `value` before. */
function mark(key, value) {
  return Buffer.isBuffer(this[key]) ? { $bytes: this[key].toString("base64") } : value;
}

/** The packet in these frames. How many attachments a receiver allows is its own affair, so this one allows many. */
function read(frames) {
  let read = null;
  const decoder = new Decoder({ maxAttachments: 1000 });
  decoder.on("decoded", ({ type, nsp, data, id }) => (read = [type, nsp, data ?? null, id ?? null]));
  try {
    for (const frame of frames) decoder.add(frame);
  } catch (error) {
    return String(error);
  }
  return read;
}

function answer({ packet, payload, ours }) {
  if (packet) return { theirs: new Encoder().encode(packet), read: read(ours) };
  let theirs = null;
  encodePayload(payload, (body) => (theirs = body));
  return { theirs, read: decodePayload(ours).map(({ type, data }) => ({ type, data: data ?? "" })) };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(answer(JSON.parse(line, revive)), mark));
}
