import { randomUUID } from 'node:crypto';
import type { DeploymentDocument, PhaseDocument } from '@containr/plugin-deployments/contract';
import type { LogLine } from '@containr/plugin-logs/contract';
import { expect } from 'chai';
import { createTeller } from './teller.ts';

function deploymentWith(phases: readonly Partial<PhaseDocument>[]): DeploymentDocument {
  const full = phases.map((phase) => ({
    name: 'plan' as const,
    status: 'pending' as const,
    attempt: 1,
    startedAt: null,
    endedAt: null,
    durationMs: null,
    message: null,
    ...phase,
  }));
  const source = { kind: 'git' as const, ref: 'main', commit: null, message: null, author: null, treeHash: null };
  const id = randomUUID();
  const dates = { createdAt: new Date().toISOString(), liveAt: null, endedAt: null };
  return {
    id,
    number: 1,
    service: id,
    environment: id,
    project: id,
    status: 'running',
    phase: null,
    waiting: null,
    cause: null,
    source,
    artifact: null,
    artifactRemovedAt: null,
    pinned: false,
    revision: 1,
    plan: null,
    phases: full,
    urls: [],
    createdBy: '',
    ...dates,
    rollbackOf: null,
    promotedFrom: null,
    override: null,
    supersededBy: null,
  };
}

function line(phase: string | null, text: string): LogLine {
  return {
    at: new Date().toISOString(),
    source: 'x',
    stream: 'stdout',
    phase,
    seq: 0,
    text,
    deployment: null,
    service: randomUUID(),
    cursor: '1',
  };
}

describe('the road, told to a pusher', () => {
  it('puts lines and endings below the heading of their phase, each once', () => {
    const tell = createTeller();
    const first = deploymentWith([
      { name: 'plan', status: 'done', message: 'node' },
      { name: 'build', status: 'running' },
    ]);
    expect(tell(first, [line('build', 'one'), line('plan', 'why')])).to.deep.equal([
      '-----> Plan',
      '       why',
      '       node',
      '-----> Build',
      '       one',
    ]);
    expect(tell(first, [line('build', 'two')])).to.deep.equal(['       two']);
    const second = deploymentWith([
      { name: 'plan', status: 'done', message: 'node' },
      { name: 'build', status: 'done', message: '3 MB' },
    ]);
    expect(tell(second, [])).to.deep.equal(['       3 MB']);
  });

  it('loses no line of a phase that the document does not have yet', () => {
    expect(createTeller()(deploymentWith([]), [line('build', 'early')])).to.deep.equal([
      '-----> Build',
      '       early',
    ]);
  });

  it('shows what the application writes while it starts, and lets nothing steer the terminal', () => {
    expect(createTeller()(deploymentWith([]), [line(null, '\u001b[2J\u0007Error: no port\u009b')])).to.deep.equal([
      '-----> Start',
      '       | Error: no port',
    ]);
  });
});
