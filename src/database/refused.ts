/** What cannot be done with these databases or this file, in one sentence for the operator; nothing has been changed. */
export class DatabaseRefused extends Error {}

/** The database does not answer: what is asked of it may be right. */
export class DatabaseAway extends DatabaseRefused {}
