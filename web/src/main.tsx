import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { makeQueries, Providers } from "./app/providers";
import { router } from "./app/router";
import { warm } from "./app/warm";
import { stayWhenFilesAreDropped } from "./lib/dropped-files";
import { followTheme } from "./lib/theme";
import "./app/bengali-font";
import "./app/styles/index.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
const queries = makeQueries();
warm(queries, window.location.pathname, router.options.parseSearch(window.location.search));
followTheme();
stayWhenFilesAreDropped();
createRoot(root).render(
  <StrictMode>
    <Providers queries={queries}>
      <RouterProvider router={router} />
    </Providers>
  </StrictMode>,
);
