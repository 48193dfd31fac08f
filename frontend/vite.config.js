// Scripts and stylesheets, named by their content, for service/render/assets.rs to embed.
import { readFileSync } from "node:fs";
import { defineConfig } from "vite";

/** A stylesheet of its own beside the script's, for a page without one. */
const stylesheet = (name) => ({
  name: `stylesheet-${name}`,
  buildStart() {
    this.addWatchFile(`src/${name}`);
  },
  generateBundle() {
    this.emitFile({ type: "asset", name, source: readFileSync(new URL(`src/${name}`, import.meta.url)) });
  },
});

export default defineConfig({
  // The hub's page asks for them below the service's prefix, which only the service knows.
  base: "./",
  plugins: [stylesheet("reference.css")],
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
        assetFileNames: ({ names }) =>
          names[0] === "reference.css" ? "assets/reference.[hash][extname]" : "assets/fragment.[hash][extname]",
      },
    },
  },
});
