// Loads the bundle beside it, with what V8 made of it when it was built: compiling it anew takes longer than most commands do.
const { existsSync, readFileSync } = require('node:fs');
const { Script } = require('node:vm');

const bundle = `${__dirname}/poterne-__NUMBER__.cjs`;
const cache = `${__dirname}/poterne-__NUMBER__.cache`;
const cachedData = existsSync(cache) ? readFileSync(cache) : undefined;
const script = new Script(readFileSync(bundle, 'latin1'), {
  filename: bundle,
  ...(cachedData && { cachedData }),
});
script.runInThisContext()(require, bundle);
