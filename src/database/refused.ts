/** What cannot be done with these databases or this file, in one sentence for the operator; nothing has been changed. */
export class DatabaseRefused extends Error {}
