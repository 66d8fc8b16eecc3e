export default {
  // Left out of the bundle, so that register can reach openai.
  serverExternalPackages: ['spanport', 'openai'],
};
