// How the pages are built and tested. The build lands in the Python package, which ships it.
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { textSized } from "./text-sized.ts";

const server = process.env.CAREVIA_DEV_SERVER ?? "http://127.0.0.1:3000";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  css: { postcss: { plugins: [textSized] } },
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../src/carevia/web_dist",
    emptyOutDir: true,
    manifest: true, // tests/test_first_view.py reads what each page loads
    // The pages run under a content security policy without inline code: no data: fonts, nothing inlined.
    assetsInlineLimit: 0,
    // A browser spends more on asking for a script than on reading a small one: what every page needs comes in two.
    rolldownOptions: {
      output: {
        advancedChunks: {
          groups: [
            { name: "vendor", test: /node_modules/ },
            { name: "shared", test: /src\/(lib|components\/[^/]+$)/ },
          ],
        },
      },
    },
    target: "es2022",
    reportCompressedSize: true,
  },
  server: {
    proxy: {
      "/api": server,
      "/config.json": server,
      "/openapi.json": server,
      "/socket.io": { target: server, ws: true },
    },
  },
  test: {
    restoreMocks: true,
    // Each file has a world of its own, but not a process of its own, which would load jsdom anew: half of all the CPU.
    // With one worker alone Vitest gives all files the same world, so there are two.
    pool: "vmForks",
    maxWorkers: 2,
    // Only tests that show a page pay for a document.
    projects: [
      { extends: true, test: { name: "plain", environment: "node", include: ["src/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "pages",
          environment: "jsdom",
          include: ["src/**/*.test.tsx"],
          setupFiles: ["src/testing/setup.ts"],
        },
      },
    ],
  },
});
