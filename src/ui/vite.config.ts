import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin, type UserConfig } from 'vite';
import { calledOperations, lexerOfMarked, plainImports, sharedNames, verticalLists } from './smaller.ts';

/** The fonts are requested at once: with `font-display: optional` a font that arrives late is not used at all. */
const preloadFonts: Plugin = {
  name: 'preload-fonts',
  transformIndexHtml: {
    order: 'post',
    handler: (_, { bundle = {} }) =>
      Object.keys(bundle)
        .filter((name) => name.endsWith('.woff2'))
        .map((name) => ({
          tag: 'link',
          attrs: { rel: 'preload', href: `/${name}`, as: 'font', type: 'font/woff2', crossorigin: true },
          injectTo: 'head' as const,
        })),
  },
};

const config: UserConfig = defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [preloadFonts, lexerOfMarked, plainImports, verticalLists, calledOperations, sharedNames],
  oxc: {
    // Shorter than the automatic form, which writes `children` into each element.
    jsx: { runtime: 'classic', pragma: 'h_', pragmaFrag: 'Fragment_' },
    jsxInject: "import { h as h_, Fragment as Fragment_ } from 'preact'",
  },
  build: {
    outDir: fileURLToPath(new URL('../../dist/ui', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // Browsers that know `light-dark()`: written out for older ones, every colour would take twice its room.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // A `data:` URL would need an exception in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: false,
    cssCodeSplit: false,
    reportCompressedSize: false,
    rolldownOptions: { treeshake: { propertyReadSideEffects: false, unknownGlobalSideEffects: false } },
  },
  // For `npx vite src/ui` next to a running gateway.
  server: { proxy: { '/api': 'http://127.0.0.1:4318', '/healthz': 'http://127.0.0.1:4318' } },
});

export default config;
