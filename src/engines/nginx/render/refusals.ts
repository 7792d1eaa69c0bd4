import { block, type Node, own, why } from '../syntax.ts';
import { usesBadges } from './badge.ts';
import type { Context } from './common.ts';

/** Where visitors are led who are not let in. The request's own path comes last, as it was sent: nginx cannot encode it. */
export function refusals({ site, publicPort }: Context): Node[] {
  const onward = (reason: string) =>
    `https://$host${publicPort}/.poterne/onward?why=${reason}&to=$request_uri`;
  const asked = '$request_method|$http_sec_fetch_mode|$http_accept';
  const canSignIn = site.signIn !== undefined;
  const reasons = [
    ...['second-factor', 'approval', 'group', 'network', 'country', 'hours', 'denied', 'cut', 'ended'],
  ];
  const reason = (each: string) => `~^${each}$`;
  return [
    why('Browsers that go to a page are led on to sign in; programs are told.'),
    block(
      '',
      ['map', asked, '$poterne_unsigned'],
      [
        own('default', '/.poterne/page/json/401.html'),
        ...(canSignIn ? [own('~*^GET\\|(?:navigate)?\\|.*text/html', onward('sign-in'))] : []),
        own('~*^[^|]*\\|[^|]*\\|.*text/html', '/.poterne/page/$poterne_language/401.html'),
      ],
    ),
    block(
      '',
      ['map', '$poterne_why', '$poterne_reason'],
      [own('default', ''), ...reasons.map((each) => own(reason(each), `-${each}`))],
    ),
    block(
      '',
      ['map', `$poterne_why|${asked}`, '$poterne_refused'],
      [
        own('default', '/.poterne/page/$poterne_page/403$poterne_reason.html'),
        // The daemon says so of browsers alone that go to a page.
        ...(usesBadges(site) ? [own('~^changed\\|', onward('changed'))] : []),
        ...(canSignIn
          ? ['second-factor', 'approval'].map((each) =>
              own(`~*^${each}\\|GET\\|(?:navigate)?\\|.*text/html`, onward(each)),
            )
          : []),
      ],
    ),
  ];
}
