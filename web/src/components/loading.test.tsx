import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { act, fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { PANE, PANE_FOCUS } from "@/lib/keys/rows";
import { Loading } from "./loading";
import { Problem } from "./problem";

const SENTENCE = "This takes longer than usual.";
const after = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

/** A part of a page whose answers come by hand. */
function part() {
  vi.useFakeTimers();
  const answers: ((rows: string | Promise<string>) => void)[] = [];
  const queryFn = () => new Promise<string>((answer) => answers.push(answer));
  function Part() {
    const { data, error, refetch } = useQuery({ queryKey: ["rows"], queryFn });
    return (
      <section {...PANE}>
        <input aria-label="Filter" {...PANE_FOCUS} />
        {error ? <Problem text={error.message} onRetry={refetch} /> : data === undefined ? <Loading /> : <p>{data}</p>}
      </section>
    );
  }
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={queries}>
      <Part />
    </QueryClientProvider>,
  );
  return answers;
}

test("an answer that does not come in 8 s is said in words, and asked for again by whoever wants it", async () => {
  const answers = part();
  await after(400);
  expect(screen.getByRole("status", { name: "Loading" })).toBeDefined();
  await after(7_500);
  expect(screen.queryByText(SENTENCE)).toBeNull();
  await after(200);
  expect(screen.getByText(SENTENCE)).toBeDefined();

  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  await after(1);
  expect(screen.queryByText(SENTENCE)).toBeNull();
  expect(answers).toHaveLength(2);
  answers[0]?.("of the first");
  await after(1);
  expect(screen.queryByText("of the first")).toBeNull();
  answers[1]?.("of the second");
  await after(1);
  expect(screen.getByText("of the second")).toBeDefined();
});

test("an answer that comes late all the same is shown in place of the sentence", async () => {
  const answers = part();
  await after(9_000);
  expect(screen.getByText(SENTENCE)).toBeDefined();
  answers[0]?.("late");
  await after(1);
  expect(screen.getByText("late")).toBeDefined();
  expect(screen.queryByText(SENTENCE)).toBeNull();
});

test("who asks again by keyboard is not thrown out of the pane when the button has gone", async () => {
  const answers = part();
  const again = () => screen.getByRole("button", { name: "Try again" });
  await after(9_000);
  again().focus();
  fireEvent.click(again());
  expect(document.activeElement).toBe(screen.getByLabelText("Filter"));
  await after(1);
  answers[1]?.(Promise.reject(new Error("Busy.")));
  await after(1);
  again().focus();
  fireEvent.click(again());
  await after(1);
  answers[2]?.("rows");
  await after(1);
  expect(screen.getByText("rows")).toBeDefined();
  expect(document.activeElement).toBe(screen.getByLabelText("Filter"));
});

test("of a list come rows that are as high as those which will stand there", async () => {
  vi.useFakeTimers();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Loading rowHeight={66} />
    </QueryClientProvider>,
  );
  await after(400);
  const rows = [...(screen.getByRole("status", { name: "Loading" }).children as HTMLCollectionOf<HTMLElement>)];
  expect(rows.map((row) => row.style.height)).toEqual(["66px", "66px", "66px", "66px"]);
});
