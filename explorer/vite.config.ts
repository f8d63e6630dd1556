import { defineConfig } from "vite";

export default defineConfig({
  base: "/",
  build: {
    outDir: "../immunity/explore/static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    rollupOptions: {
      output: {
        entryFileNames: "assets/explore.js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/explore[extname]",
      },
    },
  },
});
