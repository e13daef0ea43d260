// Shows the real router at an address, with its own history and its own query cache, in StrictMode as in production code.
import { createMemoryHistory, createRouter, RouterProvider } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import { StrictMode } from "react";
import { makeQueries, Providers } from "@/app/providers";
import { routeTree } from "@/app/router";

export async function show(address: string) {
  const history = createMemoryHistory({ initialEntries: [address] });
  const router = createRouter({ routeTree, history });
  const queries = makeQueries();
  const { queries: reads, ...others } = queries.getDefaultOptions();
  queries.setDefaultOptions({ ...others, queries: { ...reads, retry: false } });
  await router.load();
  const view = render(
    <StrictMode>
      <Providers queries={queries}>
        <RouterProvider router={router} />
      </Providers>
    </StrictMode>,
  );
  return { ...view, router, queries };
}
