import type { why as en } from '../en/why.ts';

/** Messages de la décision qui entre : code → texte ; `{nom}` tient la place d'une valeur. */
export const why: Record<keyof typeof en, string> = {
  // Pourquoi quelqu’un entre, ou non.
  'why.publication': 'rien n’est publié sous le nom « {name} »',
  'why.door': 'personne n’entre depuis {address} : seulement {from}',
  'why.everyone': 'c’est ouvert à tous depuis cet endroit',
  'why.holds': 'la règle {number} les laisse entrer',
  'why.denies': 'la règle {number} les refuse',
  'why.fact.person': '{person} est nommé',
  'why.fact.group': 'dans le groupe {group}',
  'why.fact.signed-in': 'connecté',
  'why.fact.certificate': 'avec un certificat que « {name} » accepte',
  'why.fact.network': 'depuis {from}',
  'why.fact.country': 'en {countries}',
  'why.fact.hours': 'dans ses heures',
  'why.fact.path': 'sous {paths}',
  'why.fact.second-factor': 'avec un second facteur',
  'why.fact.approval': 'quelqu’un l’a approuvé',
  'why.lacks.path': 'la règle {number} ne vaut que pour {paths}',
  'why.lacks.group': 'la règle {number} est pour {who}',
  'why.lacks.sign-in': 'la règle {number} est pour {who} : personne n’est connecté',
  'why.lacks.certificate': 'la règle {number} demande un certificat que « {name} » accepte',
  'why.lacks.network': 'la règle {number} est pour {from}, et {address} n’y est pas',
  'why.lacks.country': 'la règle {number} est pour {countries}, et l’adresse est de {country}',
  'why.lacks.country.unknown':
    'la règle {number} est pour certains pays, et celui de {address} n’est pas connu',
  'why.lacks.hours': 'la règle {number} ne tient pas à ce moment',
  'why.lacks.second-factor': 'la règle {number} demande un second facteur',
  'why.lacks.approval': 'la règle {number} demande l’accord de quelqu’un',
};
