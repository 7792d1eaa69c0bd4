import { bastionPlaces } from '../../model/access.ts';

const { ssh } = bastionPlaces;

/** First of all: of several values sshd takes the first, and of several Match blocks too. */
export const configPath = '/etc/ssh/sshd_config.d/00-poterne.conf';
/** The key whose certificates are believed. */
export const authorityPath = `${ssh}/authority.pub`;
/** What was revoked, as sshd reads it: always there, or sshd would let nobody in. */
export const revocationsPath = `${ssh}/revoked.krl`;
/** The list as it was brought, when whoever applied had it; without it what is there stays. */
export const broughtPath = `${ssh}/revocations`;
/** One file an account: for whom a certificate must be to become that account. */
export const principalsFolder = `${ssh}/principals`;
/** On the bastion, of each person: registered keys, and for whom a certificate must be. */
export const peopleFolder = `${ssh}/people`;
/** What a person talks to on the bastion in place of a shell. */
export const frontPath = `${ssh}/front`;
export const frontSocket = '/run/poterne-front.sock';
/** Tells which of our settings sshd has in force. */
export const effectivePath = `${ssh}/effective`;
export const peopleAccountsPath = '/etc/sysusers.d/poterne-people.conf';
export const frontUnit = 'poterne-front.socket';
export const frontUnitPath = `/etc/systemd/system/${frontUnit}`;
export const frontServicePath = '/etc/systemd/system/poterne-front@.service';
