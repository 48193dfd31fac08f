// One script and one stylesheet for each place, named by their content, for service/render/assets.rs to embed:
// `vite build` makes those of the fragment in the hub's page, `vite build --mode pages` those of our own pages.
import { defineConfig } from "vite";

export default defineConfig(({ mode }) => {
  const name = mode === "pages" ? "pages" : "fragment";
  return {
    // The pages ask for them below the service's prefix, which only the service knows.
    base: "./",
    build: {
      outDir: "dist",
      emptyOutDir: name === "fragment",
      modulePreload: false,
      // Otherwise Vite puts an IIFE's styles into its script, and nothing is styled without JavaScript.
      cssCodeSplit: false,
      target: "es2022",
      cssTarget: ["chrome111", "firefox113", "safari16"],
      rolldownOptions: {
        input: { [name]: `src/${name}.ts` },
        output: {
          // The hub's page has requirejs: a UMD bundle would register itself there and break it.
          format: "iife",
          entryFileNames: `assets/${name}.[hash].js`,
          assetFileNames: `assets/${name}.[hash][extname]`,
        },
      },
    },
  };
});
