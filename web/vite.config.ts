import { defineConfig } from "vite";

// The page talks to whatever node the address bar names, and loads nothing from anywhere but its own origin.
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' http: https: ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

export default defineConfig({
  base: "./",
  build: { target: "es2022", modulePreload: { polyfill: false } },
  optimizeDeps: { exclude: ["@emotionalchain/light-client"] },
  server: { fs: { allow: [".", "../wasm-client/npm"] } },
  plugins: [
    {
      name: "content-security-policy",
      // The development server injects scripts and styles of its own, which this policy refuses.
      apply: "build",
      transformIndexHtml: () => [
        { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: POLICY }, injectTo: "head-prepend" },
      ],
    },
  ],
});
