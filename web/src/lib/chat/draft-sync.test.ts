// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { data, refusal, serve } from "@/testing/fake-server";
import type { Draft } from "./draft-api";
import { DraftSync } from "./draft-sync";
import { Drafts, noteOf } from "./drafts";

beforeEach(() => {
  localStorage.clear();
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

/** A server that keeps drafts. While `down` it takes none; a list waits for `held`, and what it takes for `taking`. */
function server(kept: Draft[] = []) {
  const rows = new Map(kept.map((draft) => [placeOf(draft), draft]));
  const state = { rows, down: false, held: Promise.resolve(), taking: Promise.resolve() };
  const requests = serve({
    "GET /api/chat/draft": async () => {
      const answer = data([...rows.values()]);
      await state.held;
      return answer;
    },
    "POST /api/chat/draft": async (body) => {
      const draft = body as Draft;
      await state.taking;
      if (state.down) return refusal(503, "Busy.");
      if (draft.text === "") rows.delete(placeOf(draft));
      else rows.set(placeOf(draft), draft);
      return data({});
    },
  });
  return { requests, state, rows };
}

const placeOf = ({ roomId, note }: Draft) => (note ? noteOf(roomId) : roomId);

function device() {
  localStorage.clear();
  const drafts = new Drafts();
  return { drafts, sync: new DraftSync("s1", drafts) };
}

const rest = () => vi.advanceTimersByTimeAsync(1_500);

test("what is written reaches the server once the person rests, and the last device finds it", async () => {
  const { requests, rows } = server();
  const first = device();
  for (const text of ["A", "Ay", "Ayesha"]) first.drafts.write("s1", "u1", text);
  first.drafts.write("s1", noteOf("u1"), "Call back.");
  expect(first.drafts.kept("s1", "u1")).toBe(null);
  await rest();
  expect(requests.length).toBe(2);
  expect([...rows.values()].map(({ text, note }) => [text, note])).toEqual([
    ["Ayesha", false],
    ["Call back.", true],
  ]);
  expect(first.drafts.kept("s1", "u1")).toBe("server");
  first.sync.close();
  const { drafts, sync } = device();
  await sync.load();
  expect([drafts.read("s1", "u1"), drafts.read("s1", noteOf("u1"))]).toEqual(["Ayesha", "Call back."]);
  sync.close();
});

test("what was sent is no draft again where the server had taken it, its answer was lost, and its end was not taken", async () => {
  const { rows, state } = server();
  const before = device();
  state.down = true;
  before.drafts.write("s1", "u1", "Ayesha");
  await rest();
  rows.set("u1", { roomId: "u1", note: false, text: "Ayesha" });
  before.drafts.write("s1", "u1", "");
  await rest();
  before.sync.close();
  state.down = false;
  const drafts = new Drafts(); // of the same browser, after a reload
  const sync = new DraftSync("s1", drafts);
  await sync.load();
  await rest();
  expect([drafts.read("s1", "u1"), rows.size]).toEqual(["", 0]);
  sync.close();
});

test("what was sent at another device is no draft here, and what was written here stays", async () => {
  const { rows } = server([{ roomId: "u1", note: false, text: "Ayesha" }]);
  const { drafts, sync } = device();
  await sync.load();
  drafts.write("s1", "u2", "Mine");
  rows.clear();
  rows.set("u2", { roomId: "u2", note: false, text: "Theirs" });
  await sync.load();
  expect([drafts.read("s1", "u1"), drafts.read("s1", "u2")]).toEqual(["", "Mine"]);
  await rest();
  expect(rows.get("u2")?.text).toBe("Mine");
  sync.close();
});

test("a server that does not take it gets it the next time, also its end", async () => {
  const { state, rows } = server();
  const { drafts, sync } = device();
  state.down = true;
  drafts.write("s1", "u1", "Ayesha");
  await rest();
  expect(drafts.kept("s1", "u1")).toBe("browser");
  drafts.write("s1", "u1", "Ayesha");
  expect(drafts.kept("s1", "u1")).toBe(null); // it was not asked to take this
  state.down = false;
  await sync.load();
  await rest();
  expect(rows.get("u1")?.text).toBe("Ayesha");
  drafts.write("s1", "u1", "");
  await rest();
  expect([rows.size, drafts.unsaved("s1")]).toEqual([0, []]);
  sync.close();
});

test("what was sent is at once no draft any more for a device that comes into view", async () => {
  const { rows } = server([{ roomId: "u1", note: false, text: "Ayesha" }]);
  const { drafts, sync } = device();
  await sync.load();
  drafts.write("s1", "u1", "");
  await vi.advanceTimersByTimeAsync(0);
  expect(rows.size).toBe(0);
  sync.close();
});

test("an answer that never comes holds up what is written later for a while only", async () => {
  const { state, rows } = server();
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    const ended = new AbortController();
    setTimeout(() => ended.abort(new DOMException("Too late.", "TimeoutError")), ms);
    return ended.signal;
  });
  const { drafts, sync } = device();
  state.taking = new Promise(() => {});
  drafts.write("s1", "u1", "Ayesha");
  await rest();
  state.taking = Promise.resolve();
  drafts.write("s1", "u1", "Ayesha comes");
  await vi.advanceTimersByTimeAsync(12_000);
  expect(rows.get("u1")?.text).toBe("Ayesha comes");
  sync.close();
});

test("an answer that is older than what was written meanwhile changes nothing", async () => {
  const { state } = server();
  const { drafts, sync } = device();
  let answer = () => {};
  state.held = new Promise((resolve) => {
    answer = resolve;
  });
  const loading = sync.load();
  drafts.write("s1", "u1", "Ayesha");
  await rest();
  expect(drafts.unsaved("s1")).toEqual([]);
  answer();
  await loading;
  expect(drafts.read("s1", "u1")).toBe("Ayesha");
  sync.close();
});

test("leaving the page sends what rests", async () => {
  const { rows } = server();
  const { drafts, sync } = device();
  drafts.write("s1", "u1", "Ayesha");
  const hidden = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
  document.dispatchEvent(new Event("visibilitychange"));
  await vi.advanceTimersByTimeAsync(0);
  expect(rows.get("u1")?.text).toBe("Ayesha");
  hidden.mockRestore();
  sync.close();
});

test("a page that was left saves nothing more", async () => {
  const { requests } = server();
  const { drafts, sync } = device();
  sync.close();
  drafts.write("s1", "u1", "Ayesha");
  await rest();
  expect(requests).toEqual([]);
});

test("every request says whose draft it is: another tab may have signed somebody else in", async () => {
  const { requests } = server();
  const { drafts, sync } = device();
  drafts.write("s1", "u1", "Ayesha");
  await rest();
  await sync.load();
  expect(requests).toMatchObject([{ body: { text: "Ayesha", as: "s1" } }, { path: "/api/chat/draft?as=s1" }]);
  sync.close();
});

test("a draft from before the server kept any goes there", async () => {
  const { rows } = server();
  const { drafts, sync } = device();
  localStorage.setItem("carevia.draft.s1/u1", "Ayesha");
  await sync.load();
  await rest();
  expect([drafts.read("s1", "u1"), rows.get("u1")?.text]).toEqual(["Ayesha", "Ayesha"]);
  sync.close();
});
