/**
 * How a mapping settles what RFC 3922 asks for and later documents do otherwise. `strict3922` obeys every SHOULD of that RFC;
 * `extended` deviates where it is outdated, and is what runs.
 */
export type Profile = 'strict3922' | 'extended';
