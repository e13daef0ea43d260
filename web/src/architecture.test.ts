// Who may import whom: app > features > components > lib. Features know nothing of each other, and only lib/socket
// opens sockets.
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

const imports: Import[] = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file) && !file.startsWith("testing"))
  .flatMap((file) => {
    const text = readFileSync(join(SRC, file), "utf8");
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

test("features never import features", () => {
  const across = imports.filter(({ from, to }) => feature(from) && feature(to) && feature(from) !== feature(to));
  expect(across).toEqual([]);
});

test("every import leads down the layers", () => {
  const upward = imports.filter(({ from, to }) => layer(from) >= 0 && layer(to) > layer(from));
  expect(upward).toEqual([]);
});
