import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, test, vi } from "vitest";
import { askAnew } from "./ask-anew";

/** A list on the screen, and its requests, which are answered by hand. */
function watched() {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const answers: ((rows: string) => void)[] = [];
  const ask = () => new Promise<string>((answer) => answers.push(answer));
  const observer = new QueryObserver(queries, { queryKey: ["desk", "bookings"], queryFn: ask });
  const end = observer.subscribe(() => {});
  return { queries, answers, shown: () => observer.getCurrentResult().data, end };
}

test("a first answer asked for before the socket came is shown, and asked for again: a desk confirms only the second", async () => {
  const { queries, answers, shown, end } = watched();
  askAnew(queries, ["desk"]);
  expect(answers).toHaveLength(1);
  answers[0]?.("before");
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  expect(shown()).toBe("before");
  answers[1]?.("after");
  await vi.waitFor(() => expect(shown()).toBe("after"));
  expect(answers).toHaveLength(2);
  end();
});

test("a later answer that is under way is thrown away for a new one", async () => {
  const { queries, answers, shown, end } = watched();
  answers[0]?.("first");
  await vi.waitFor(() => expect(shown()).toBe("first"));
  askAnew(queries, ["desk"]);
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  askAnew(queries, ["desk"]);
  await vi.waitFor(() => expect(answers).toHaveLength(3));
  answers[1]?.("old");
  answers[2]?.("new");
  await vi.waitFor(() => expect(shown()).toBe("new"));
  expect(answers).toHaveLength(3);
  end();
});
