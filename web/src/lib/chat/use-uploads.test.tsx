import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import type { PropsWithChildren } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Connection } from "@/lib/socket/connection";
import { newest } from "@/testing/fake-socket";
import { useUploads } from "./use-uploads";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));
const shrink = vi.hoisted(() => ({ to: (file: File): Promise<File> => Promise.resolve(file) }));
vi.mock("./smaller", async (real) => ({ ...(await real<object>()), smaller: (file: File) => shrink.to(file) }));

let asked: Silent[];

class Silent {
  upload = {};
  url = "";
  aborted = false;
  status = 0;
  responseText = "";
  onload = () => {};
  onerror = () => {};
  open(_: string, url: string) {
    this.url = url;
  }
  setRequestHeader() {}
  sent: File | null = null;
  send(file: File) {
    this.sent = file;
    asked.push(this);
  }
  abort() {
    this.aborted = true;
  }
}

let page: QueryClient;

function at(room: string, connection: Connection | null = null, person = "s1") {
  const wrapper = ({ children }: PropsWithChildren) => (
    <QueryClientProvider client={page}>{children}</QueryClientProvider>
  );
  return renderHook(() => useUploads(connection, person, room), { wrapper });
}

beforeEach(() => {
  asked = [];
  shrink.to = (file) => Promise.resolve(file);
  page = new QueryClient();
  vi.stubGlobal("XMLHttpRequest", Silent);
});
afterEach(() => vi.unstubAllGlobals());

test("what goes up a wire that has died is sent anew, as the same, once the connection is back", async () => {
  const connection = new Connection({ url: "http://desk.example" });
  connection.open();
  await newest().accept("s1");
  const { result } = at("u1", connection);
  act(() => result.current.add([new File(["%PDF-1.7"], "plan.pdf")]));
  await waitFor(() => expect(asked).toHaveLength(1));
  await act(async () => {
    newest().lose();
    await newest().accept("s2");
  });
  await waitFor(() => expect(asked).toHaveLength(2));
  const [dead, alive] = asked as [Silent, Silent];
  expect(dead.aborted).toBe(true);
  expect(alive.url).toBe(dead.url);
  Object.assign(alive, { status: 200, responseText: JSON.stringify({ data: { id: "a1" } }) });
  act(() => alive.onload());
  await waitFor(() => expect(result.current.list).toMatchObject([{ done: { id: "a1" }, error: null }]));
});

test("what is attached waits in its conversation while another one is open, and is sent anew if it failed there", async () => {
  const first = at("u2", null); // the connection is made after the page
  act(() => first.result.current.add([new File(["%PDF-1.7"], "plan.pdf")]));
  await waitFor(() => expect(asked).toHaveLength(1));
  first.unmount();
  const other = at("u3");
  expect(other.result.current.list).toEqual([]);
  expect(asked[0]?.aborted).toBe(false);
  other.unmount();
  await act(async () => asked[0]?.onerror());
  const again = at("u2", new Connection({ url: "http://desk.example" }));
  await waitFor(() => expect(asked).toHaveLength(2));
  expect(asked[1]?.url).toBe(asked[0]?.url);
  expect(again.result.current.list).toMatchObject([{ name: "plan.pdf", done: null, error: null }]);
  expect(at("u2", null, "s2").result.current.list).toEqual([]);
  act(() => again.result.current.clear()); // it was sent
  again.unmount();
  expect(at("u2").result.current.list).toEqual([]);
});

test("what has arrived is still attached after a reload, until it is sent, and to that conversation of that person", async () => {
  const first = at("u1");
  act(() => first.result.current.add([new File(["%PDF-1.7"], "plan.pdf"), new File(["%PDF-1.7"], "slow.pdf")]));
  await waitFor(() => expect(asked).toHaveLength(2));
  const done = { id: "a1", name: "plan.pdf", type: "application/pdf", size: 8 };
  Object.assign(asked[0] ?? {}, { status: 200, responseText: JSON.stringify({ data: done }) });
  await act(async () => asked[0]?.onload());
  const reload = () => {
    page = new QueryClient();
    return at("u1").result;
  };
  const loaded = reload();
  expect(loaded.current.list).toMatchObject([{ name: "plan.pdf", part: 1, done, error: null }]);
  expect(at("u2").result.current.list).toEqual([]);
  expect(at("u1", null, "s2").result.current.list).toEqual([]);
  act(() => loaded.current.clear());
  expect(reload().current.list).toEqual([]);
});

test("ten files go with a message, however quickly more of them are dropped", async () => {
  const files = () => Array.from({ length: 6 }, (_, n) => new File(["%PDF-1.7"], `plan ${n}.pdf`));
  const { result } = at("u1");
  act(() => {
    result.current.add(files());
    result.current.add(files());
  });
  await waitFor(() => expect(result.current.refused?.why).toBe("many"));
  expect(result.current.list).toHaveLength(10);
  act(() => result.current.remove(result.current.list[0]?.id ?? ""));
  act(() => result.current.add(files().slice(0, 1)));
  await waitFor(() => expect(result.current.list).toHaveLength(10));
  act(() => result.current.clear()); // they were sent
  act(() => result.current.add(files()));
  await waitFor(() => expect(result.current.list).toHaveLength(6));
});

test("what is being looked at while another conversation is opened waits in its own", async () => {
  let read = () => {};
  const slow = new File(["%PDF-1.7"], "plan.pdf");
  const bytes = new Promise<ArrayBuffer>((done) => {
    read = () => done(new TextEncoder().encode("%PDF-1.7").buffer as ArrayBuffer);
  });
  slow.slice = () => ({ arrayBuffer: () => bytes }) as Blob;
  const first = at("u4");
  act(() => first.result.current.add([slow]));
  first.unmount();
  await act(async () => read());
  expect(at("u4").result.current.list).toMatchObject([{ name: "plan.pdf" }]);
});

test("a file that cannot be read, as a folder cannot, is refused, and those after it are taken", async () => {
  const folder = new File([], "Photos");
  folder.slice = () => ({ arrayBuffer: () => Promise.reject(new DOMException("", "NotFoundError")) }) as Blob;
  const { result } = at("u1");
  act(() => result.current.add([folder, new File(["%PDF-1.7"], "plan.pdf")]));
  await waitFor(() => expect(result.current.list).toMatchObject([{ name: "plan.pdf" }]));
  expect(result.current.refused).toEqual({ name: "Photos", why: "type" });
});

test("all files of a drop are taken, though its list is empty once its event is over", async () => {
  const dropped = ["plan.pdf", "room.pdf"].map((name) => new File(["%PDF-1.7"], name));
  const { result } = at("u1");
  act(() => {
    result.current.add(dropped);
    dropped.length = 0;
  });
  await waitFor(() => expect(result.current.list.map(({ name }) => name)).toEqual(["plan.pdf", "room.pdf"]));
});

const photo = (size: number) => new File([new Uint8Array([0xff, 0xd8, 0xff]), new Uint8Array(size)], "photo.jpg");

test("a picture stands in the list while it is made smaller, and what was made of it is what goes up, again too", async () => {
  let make = (_: File) => {};
  shrink.to = () => new Promise((done) => (make = done));
  const { result } = at("u1");
  act(() => result.current.add([photo(11_000_000), photo(10)]));
  await waitFor(() => expect(result.current.list).toHaveLength(2));
  expect([asked, result.current.list[0]?.done]).toEqual([[], null]);
  act(() => result.current.again(result.current.list[0]?.id ?? "")); // as when the connection comes back
  expect(asked).toEqual([]);
  const light = photo(100);
  await act(async () => make(light));
  await waitFor(() => expect(asked).toHaveLength(1));
  act(() => asked[0]?.onerror());
  await waitFor(() => expect(result.current.list[0]?.error).toBeTruthy());
  act(() => result.current.again(result.current.list[0]?.id ?? ""));
  await waitFor(() => expect(asked).toHaveLength(2));
  expect(asked.map(({ sent, url }) => [sent === light, url === asked[0]?.url])).toEqual([
    [true, true],
    [true, true],
  ]);
});

test("a picture that stays larger than the server takes is refused, and the next one goes up", async () => {
  const { result } = at("u1");
  act(() => result.current.add([photo(11_000_000), photo(10)]));
  await waitFor(() => expect(asked).toHaveLength(1));
  expect(result.current.refused).toEqual({ name: "photo.jpg", why: "size" });
  expect(result.current.list).toHaveLength(1);
});

test("a picture that is taken away while it is made smaller does not go up", async () => {
  let make = (_: File) => {};
  shrink.to = () => new Promise((done) => (make = done));
  const { result } = at("u1");
  act(() => result.current.add([photo(6_000_000)]));
  await waitFor(() => expect(result.current.list).toHaveLength(1));
  act(() => result.current.remove(result.current.list[0]?.id ?? ""));
  await act(async () => make(photo(100)));
  expect([asked, result.current.list]).toEqual([[], []]);
});
