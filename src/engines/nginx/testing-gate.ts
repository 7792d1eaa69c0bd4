import { mkdir } from 'node:fs/promises';
import type http from 'node:http';
import { dirname } from 'node:path';
import type { AudienceRule } from '../../model/audience.ts';
import type { SignIn } from '../../model/sign-in.ts';
import type { Audience } from '../../model/site.ts';
import { type Backend, backend } from './testing-gateway.ts';

/** Helpers of this engine's tests: what is guarded, and somebody who says who may enter. */

/** A rule that lets everybody in who signed in. */
export const rule = (more: Partial<AudienceRule> = {}): AudienceRule => ({
  verdict: 'allow',
  subject: { people: [], groups: [], signedIn: true },
  secondFactor: false,
  id: 'one',
  pointer: '/audience/0',
  ...more,
});

export const guarded = (...rules: readonly AudienceRule[]): Audience => ({
  from: ['everyone'],
  rules: rules.length > 0 ? rules : [rule()],
  pointer: '/audience',
});

export const signIn = (at: string): SignIn => ({
  at,
  id: 'sign_in',
  tls: { kind: 'internal', names: [at], pointer: '/sign-in/tls' },
  sources: ['local'],
  session: { idle: 3_600_000, longest: 43_200_000 },
  secondFactor: { methods: [], required: [] },
  brand: {},
  guestGroups: [],
  pointer: '/sign-in',
});

export type Asked = Readonly<Record<string, string | undefined>>;

/** Who answers for the daemon; `asked` are the questions about verdicts so far. */
export interface Judge {
  asked: Asked[];
  /** What is answered; by default, whoever shows a cookie or a token `NAME.…` is NAME. */
  answer: (asked: Asked, outgoing: http.ServerResponse) => void;
  /** Everything else that comes to the socket. */
  other: http.RequestListener;
  readonly server: Backend;
}

/** What the daemon says of somebody whom it lets in. */
export const verdict = (user: string): string => `${user}|of-${user}|||staff,admins`;

export const admit = (asked: Asked, outgoing: http.ServerResponse): void => {
  const shown =
    /^__Host-poterne=(\w+)-*\./.exec(asked.cookie ?? '') ??
    /^Bearer pot_(\w+)\./.exec(asked.authorization ?? '');
  outgoing.setHeader('x-accel-expires', '3');
  if (!shown) return void outgoing.writeHead(401).end();
  outgoing
    .writeHead(200, {
      'x-poterne-verdict': verdict(shown[1] ?? ''),
      'x-poterne-jwt': `jwt-of-${shown[1]}`,
    })
    .end();
};

export async function judge(socket: string): Promise<Judge> {
  await mkdir(dirname(socket), { recursive: true });
  const judging: Judge = {
    asked: [],
    answer: admit,
    other: (_, outgoing) => void outgoing.writeHead(404).end(),
    server: await backend(
      'daemon',
      (incoming, outgoing) => {
        if (incoming.url !== '/verdict') return judging.other(incoming, outgoing);
        const asked = incoming.headers as Asked;
        judging.asked.push(asked);
        judging.answer(asked, outgoing);
      },
      socket,
    ),
  };
  return judging;
}
