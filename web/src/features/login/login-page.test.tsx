import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { sessionQuery } from "@/lib/api/get-session";
import { data, type Reply, refusal, serve } from "@/testing/fake-server";
import { show } from "@/testing/show";

vi.mock("socket.io-client", () => import("@/testing/fake-socket"));

const staff = { _id: "s1", name: "Sumaiya Islam", email: "sumaiya@carevia.example", role: "admin" };
const customer = { _id: "c1", name: "Nusrat Jahan", email: "nusrat@mail.example", role: "user" };

async function signIn(email: string, password: string) {
  await userEvent.type(screen.getByLabelText("Email"), email);
  await userEvent.type(screen.getByLabelText("Password"), password);
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
}

afterEach(() => window.history.replaceState(null, "", "/"));

test.each([
  { person: staff, address: "/login", goal: "/dashboard" },
  { person: customer, address: "/login", goal: "/chat" },
  { person: staff, address: "/login?next=%2Ftest-socket", goal: "/test-socket" },
  { person: customer, address: "/login?next=https%3A%2F%2Fevil.example", goal: "/chat" },
])("$person.role at $address goes to $goal after signing in", async ({ person, address, goal }) => {
  const requests = serve({ "POST /api/login": data({ token: "t", user: person }) });
  const { router } = await show(address);
  await signIn(person.email, "correct horse");
  await waitFor(() => expect(router.state.location.pathname).toBe(goal));
  expect(router.history.length).toBe(1); // the way back does not lead to the form
  const posts = requests.filter(({ path }) => path === "/api/login");
  expect(posts).toEqual([
    { method: "POST", path: "/api/login", body: { email: person.email, password: "correct horse" } },
  ]);
});

test("a wrong password is said at the field, which takes the focus; the form keeps its text", async () => {
  serve({ "POST /api/login": refusal(401, "Email or password is not right.") });
  const { router } = await show("/login");
  await signIn("sumaiya@carevia.example", "wrong");
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toBe("Email or password is not right.");
  const field = screen.getByLabelText("Password") as HTMLInputElement;
  expect(field.getAttribute("aria-describedby")).toBe(alert.id);
  expect(document.activeElement).toBe(field);
  expect(field.value).toBe("wrong");
  expect((screen.getByLabelText("Email") as HTMLInputElement).value).toBe("sumaiya@carevia.example");
  expect(router.state.location.pathname).toBe("/login");
});

test("too many tries say when to come back", async () => {
  serve({ "POST /api/login": refusal(429, "Too many attempts.", { "retry-after": "600" }) });
  await show("/login");
  await signIn("sumaiya@carevia.example", "wrong");
  expect((await screen.findByRole("alert")).textContent).toBe("Too many attempts. You can try again in 10 min.");
});

test("what is missing is said at its field, and nothing is sent", async () => {
  const requests = serve({});
  await show("/login");
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
  expect(screen.getAllByRole("alert").map((alert) => alert.textContent)).toEqual([
    "Write your email address.",
    "Write your password.",
  ]);
  expect(document.activeElement).toBe(screen.getByLabelText("Email"));
  expect(requests.filter(({ method }) => method === "POST")).toEqual([]);
});

test("a one-time link is used once, even where React mounts twice, and leaves the address at once", async () => {
  window.history.replaceState(null, "", "/login#link=TOKEN-1");
  const requests = serve({ "POST /api/login/link": data({ token: "t", user: customer }) });
  const { router } = await show("/login");
  await waitFor(() => expect(router.state.location.pathname).toBe("/chat"));
  expect(window.location.hash).toBe("");
  expect(requests.filter(({ method }) => method === "POST")).toEqual([
    { method: "POST", path: "/api/login/link", body: { token: "TOKEN-1" } },
  ]);
});

test("who has signed in before it was answered that nobody is, is signed in", async () => {
  let answer = (_: Reply) => {};
  serve({
    "GET /api/session": () => new Promise<Reply>((resolve) => (answer = resolve)),
    "POST /api/login/link": data({ token: "t", user: customer }),
  });
  window.history.replaceState(null, "", "/login#link=TOKEN-2");
  const { router, queries } = await show("/login");
  await waitFor(() => expect(router.state.location.pathname).toBe("/chat"));
  await act(async () => answer(data({ user: null })));
  await waitFor(() => expect(queries.isFetching(sessionQuery)).toBe(0));
  expect(await screen.findByRole("button", { name: "Account of Nusrat Jahan" })).toBeDefined();
});

test("a used link says so and leaves the form", async () => {
  window.history.replaceState(null, "", "/login#link=OLD");
  serve({ "POST /api/login/link": refusal(401, "This link was used already.") });
  await show("/login");
  expect((await screen.findByRole("alert")).textContent).toContain(
    "The link did not work. This link was used already.",
  );
  expect(screen.getByLabelText("Email")).toBeDefined();
});

test("who is signed in is told so, and may sign out", async () => {
  const requests = serve({
    "GET /api/session": data({ user: customer }),
    "POST /api/logout": data({}),
  });
  await show("/login");
  expect(await screen.findByText("You are signed in as Nusrat Jahan.")).toBeDefined();
  await userEvent.click(screen.getByRole("button", { name: /^Account of/ }));
  await userEvent.click(screen.getByRole("button", { name: "Sign out" }));
  await waitFor(() => expect(requests).toContainEqual({ method: "POST", path: "/api/logout", body: {} }));
});

test("a sign-out that the server has not heard of says so: whoever comes next would be in", async () => {
  serve({
    "GET /api/session": data({ user: customer }),
    "POST /api/logout": refusal(503, "The store is closed. Try again in a moment."),
  });
  const { router } = await show("/login");
  await userEvent.click(await screen.findByRole("button", { name: /^Account of/ }));
  await userEvent.click(screen.getByRole("button", { name: "Sign out" }));
  expect((await screen.findByRole("alert")).textContent).toBe("The store is closed. Try again in a moment.");
  expect(router.state.location.pathname).toBe("/login");
});
