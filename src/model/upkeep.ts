/** What is done on the hosts of a run besides running a script. JSON-safe. */
export type Task =
  /** The files that came back are also put in this folder of the controller, in one for each host. */
  { readonly kind: 'get'; readonly to: string };
