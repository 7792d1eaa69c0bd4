// @peculiar/x509 resolves its parts with decorators, which need the Reflect metadata API first.
import 'reflect-metadata';

export * from '@peculiar/x509';
