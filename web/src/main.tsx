import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Providers } from "./app/providers";
import { router } from "./app/router";
import { followTheme } from "./lib/theme";
import "./app/bengali-font";
import "./app/styles/index.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
followTheme();
createRoot(root).render(
  <StrictMode>
    <Providers>
      <RouterProvider router={router} />
    </Providers>
  </StrictMode>,
);
