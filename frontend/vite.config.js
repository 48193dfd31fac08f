// One script and one stylesheet, named by their content, for service/render/assets.rs to embed.
import { defineConfig } from "vite";

export default defineConfig({
  // The hub's page asks for them below the service's prefix, which only the service knows.
  base: "./",
  build: {
    outDir: "dist",
    emptyOutDir: true,
    modulePreload: false,
    // Otherwise Vite puts an IIFE's styles into its script, and nothing is styled without JavaScript.
    cssCodeSplit: false,
    target: "es2022",
    cssTarget: ["chrome111", "firefox113", "safari16"],
    rolldownOptions: {
      input: { fragment: "src/fragment.ts" },
      output: {
        // The hub's page has requirejs: a UMD bundle would register itself there and break it.
        format: "iife",
        entryFileNames: "assets/fragment.[hash].js",
        assetFileNames: "assets/fragment.[hash][extname]",
      },
    },
  },
});
