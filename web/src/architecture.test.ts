// Who may import whom: app > features > components > lib. Features know nothing of each other, only lib/socket opens
// sockets, and only lib/lazily draws what may not come.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SRC = dirname(fileURLToPath(import.meta.url));
const LAYERS = ["lib", "components", "features", "app"];

interface Import {
  from: string;
  to: string;
}

const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file) && !file.startsWith("testing"))
  .map((file) => ({ file, text: readFileSync(join(SRC, file), "utf8") }));

const imports: Import[] = sources.flatMap(({ file, text }) => {
  const names = [...text.matchAll(/(?:from\s+|import\s+|import\()"([^"]+)"/g)].map((match) => match[1] ?? "");
  return names.map((name) => ({ from: file, to: place(file, name) }));
});

/** Where an import leads, from src/; packages keep their name. */
function place(file: string, name: string): string {
  if (name.startsWith("@/")) return name.slice(2);
  return name.startsWith(".") ? relative(SRC, join(SRC, dirname(file), name)) : `package:${name}`;
}

const layer = (path: string) => LAYERS.indexOf(path.split("/")[0] ?? "");
const feature = (path: string) => (path.startsWith("features/") ? path.split("/")[1] : null);

test("the imports of the pages are seen at all", () => {
  expect(imports.length).toBeGreaterThan(100);
  expect(imports).toContainEqual({ from: "lib/socket/connection.ts", to: "package:socket.io-client" });
});

test("only lib/socket imports socket.io-client", () => {
  const others = imports.filter(
    ({ from, to }) => to.startsWith("package:socket.io-client") && !from.startsWith("lib/socket/"),
  );
  expect(others).toEqual([]);
});

test("only lib/lazily draws what is loaded later: with another way a page whose server is away would stop", () => {
  const ways = /\blazy\(|\blazyRouteComponent\(|\bcreateLazyRoute\(|\.lazy\(/;
  const others = sources.filter(({ text }) => ways.test(text)).map(({ file }) => file);
  expect(others).toEqual(["lib/lazily.ts"]);
});

test("features never import features", () => {
  const across = imports.filter(({ from, to }) => feature(from) && feature(to) && feature(from) !== feature(to));
  expect(across).toEqual([]);
});

test("every import leads down the layers", () => {
  const upward = imports.filter(({ from, to }) => layer(from) >= 0 && layer(to) > layer(from));
  expect(upward).toEqual([]);
});
