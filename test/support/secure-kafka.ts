import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AclOperations, AclPermissionTypes, Admin, ResourcePatternTypes, ResourceTypes } from '@platformatic/kafka';
import type { SecureKafka } from '../../collector/kafka.mjs';

/** PEM files of a certificate for 127.0.0.1 that no authority signed. */
export interface Certificate {
  readonly keyFile: string;
  readonly certificateFile: string;
}

export function makeCertificate(folder: string, name: string): Certificate {
  mkdirSync(folder, { recursive: true });
  const keyFile = join(folder, `${name}-key.pem`);
  const certificateFile = join(folder, `${name}.pem`);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', '-days', '1', ...key, '-out', certificateFile, ...subject], {
    stdio: 'ignore',
  });
  return { keyFile, certificateFile };
}

/** Options of a broker with that certificate, which accepts the same one from clients. */
export function secureKafka({ keyFile, certificateFile }: Certificate, users: Record<string, string>): SecureKafka {
  const both = keyFile.replace('-key.pem', '-with-key.pem');
  writeFileSync(both, readFileSync(keyFile, 'utf8') + readFileSync(certificateFile, 'utf8'));
  return { keyFile: both, certificateFile, users };
}

/** Operations by topic, and by the beginning of a group's name. */
export interface Rights {
  readonly topics?: Readonly<Record<string, readonly (keyof typeof AclOperations)[]>>;
  readonly groups?: readonly string[];
}

/** Gives rights to a user, and nothing else. */
export async function allow(bootstrap: string, user: string, { topics = {}, groups = [] }: Rights): Promise<void> {
  const admin = new Admin({ clientId: 'rights', bootstrapBrokers: [bootstrap], retries: 20, retryDelay: 250 });
  const common = { principal: `User:${user}`, host: '*', permissionType: AclPermissionTypes.ALLOW };
  const ofTopics = Object.entries(topics).flatMap(([resourceName, operations]) =>
    operations.map((operation) => ({
      ...common,
      resourceType: ResourceTypes.TOPIC,
      resourceName,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      operation: AclOperations[operation],
    })),
  );
  const ofGroups = groups.map((resourceName) => ({
    ...common,
    resourceType: ResourceTypes.GROUP,
    resourceName,
    resourcePatternType: ResourcePatternTypes.PREFIXED,
    operation: AclOperations.READ,
  }));
  try {
    await admin.createAcls({ creations: [...ofTopics, ...ofGroups] });
  } finally {
    await admin.close();
  }
}
