// Both languages are whole: every word of a messages.ts has its Bengali, and no page holds a word outside of them.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAst } from "vite";
import { afterEach, expect, test } from "vitest";
import { type Language, speak } from "@/lib/language";

const SRC = dirname(fileURLToPath(import.meta.url));
const MESSAGES = import.meta.glob<{ words: object }>("./**/messages.ts", { eager: true });
const BENGALI = /\p{Script=Bengali}/u;

/** Names, codes and formats that are the same in both languages: the last part of the path that leads to them. */
const SAME = [
  ...["brand", "support", "csv", "raw"],
  ...["polling", "websocket"], // transports, by their names in the protocol
  ...["about", "stateOf"], // two words with a sign between
];

afterEach(() => speak("en"));

/** Every word with the path that leads to it: "desk/messages.ts: filters.open". */
function leaves(words: object, path: string): [string, unknown][] {
  return Object.entries(words).flatMap(([key, word]) =>
    typeof word === "object" && word !== null
      ? leaves(word, `${path}.${key}`)
      : ([[`${path}.${key}`, word]] as [string, unknown][]),
  );
}

function everything(language: Language): Map<string, unknown> {
  speak(language);
  return new Map(Object.entries(MESSAGES).flatMap(([file, { words }]) => leaves(words, file)));
}

/** A sentence made by a function is looked for in its source. */
const source = (word: unknown) => (typeof word === "function" ? word.toString() : String(word));
const shape = (word: unknown) => (typeof word === "function" ? `${word.length} arguments` : typeof word);

test("every word of English has one of Bengali, of the same shape", async () => {
  const english = [...everything("en")];
  const bengali = everything("bn");
  expect(english.length).toBeGreaterThan(300);
  expect([...bengali.keys()]).toEqual(english.map(([path]) => path));
  const odd = english.filter(([path, word]) => shape(word) !== shape(bengali.get(path)));
  expect(odd.map(([path]) => path)).toEqual([]);
});

test("no word of Bengali was left in English", () => {
  const latin = [...everything("bn")].filter(([, word]) => !BENGALI.test(source(word)));
  const names = latin.map(([path]) => path).filter((path) => !SAME.includes(path.split(".").at(-1) ?? ""));
  expect(names).toEqual([]);
});

test("a case ending behind a name is chosen by the name", () => {
  const joined = [...everything("bn")].filter(([, word]) => /\$\{name\}-?(এর|র|কে)(?!\p{M})/u.test(source(word)));
  expect(joined.map(([path]) => path)).toEqual([]); // lib/format/endings.ts chooses
});

test("no words stand in the components themselves", () => {
  const made = `const a = <p title="Close" className="card">Hello {open ? "yes" : 0} {\`\${n} rows\`} · {name}</p>;`;
  expect(bareWords(made)).toEqual(["Hello", "yes", "rows", "Close"]);
  const found = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".tsx") && !file.endsWith(".test.tsx") && !file.startsWith("testing"))
    .flatMap((file) => bareWords(readFileSync(join(SRC, file), "utf8")).map((word) => `${file}: ${word}`));
  expect(found).toEqual([]);
});

const SAID = ["aria-label", "aria-description", "title", "placeholder", "alt", "label", "text", "name", "hint"];
/** A single letter is none. */
const LETTERS = /\p{L}{2,}/u;

type Node = { type: string; [part: string]: unknown };
const isNode = (part: unknown): part is Node => typeof (part as Node | null)?.type === "string";

/** What a component shows or speaks that does not come from a messages.ts. */
function bareWords(text: string): string[] {
  const found: string[] = [];
  const visit = (node: Node): void => {
    if (node.type === "JSXAttribute") {
      const { name, value } = node as unknown as { name: Node; value: Node | null };
      if (SAID.includes(String(name.name)) && value) say(value);
    } else if (node.type === "JSXElement" || node.type === "JSXFragment") {
      for (const child of node.children as Node[]) if (child.type !== "JSXElement") say(child);
    }
    for (const part of Object.values(node).flat()) if (isNode(part)) visit(part);
  };
  const say = (node: Node): void => {
    const { type } = node;
    if (type === "JSXText" || type === "Literal") keep(node.value);
    if (type === "TemplateLiteral") for (const part of node.quasis as Node[]) keep((part.value as { raw: string }).raw);
    if (type === "JSXExpressionContainer") say(node.expression as Node);
    if (type === "LogicalExpression") say(node.right as Node);
    if (type === "ConditionalExpression") for (const part of [node.consequent, node.alternate]) say(part as Node);
  };
  const keep = (value: unknown) => {
    if (typeof value === "string" && LETTERS.test(value)) found.push(value.trim());
  };
  visit(parseAst(text, { lang: "tsx" }) as unknown as Node);
  return found;
}
