import xml from '@xmpp/xml';
import { CpimError } from '../../../cpim/error.ts';
import { format, parse } from '../jid.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';

const formTypes = ['cancel', 'form', 'result', 'submit'] as const;
const fieldTypes = [
  'boolean',
  'fixed',
  'hidden',
  'jid-multi',
  'jid-single',
  'list-multi',
  'list-single',
  'text-multi',
  'text-private',
  'text-single',
] as const;
const multiple: ReadonlySet<string> = new Set(['hidden', 'jid-multi', 'list-multi', 'text-multi']);

export interface Option {
  readonly label?: string;
  readonly value: string;
}

/** `text`, of a text-multi field that is to be written: one value a line. */
export interface Field {
  readonly var?: string;
  readonly type?: (typeof fieldTypes)[number];
  readonly label?: string;
  readonly desc?: string;
  readonly required?: boolean;
  readonly options?: readonly Option[];
  readonly values?: readonly string[];
  readonly text?: string;
}

/** A data form (XEP-0004). */
export interface Form {
  readonly type: (typeof formTypes)[number];
  readonly title?: string;
  readonly instructions?: readonly string[];
  readonly fields?: readonly Field[];
  /** The columns of a table, and its rows. */
  readonly reported?: readonly Field[];
  readonly items?: readonly (readonly Field[])[];
}

/** Throws a CpimError for what is no form. Foreign elements are ignored. */
export function parseForm(el: El): Form {
  if (el.getName() !== 'x' || el.getNS() !== ns.xdata) fail('not a data form');
  const type = formTypes.find((known) => known === el.attrs.type) ?? fail('a form of no known type');
  const title = textIn(el, 'title');
  const reported = own(el, 'reported')[0];
  const fieldsIn = (parent: El): Field[] => own(parent, 'field').map((field) => parseField(field, type));
  return {
    type,
    ...(title !== undefined && { title }),
    ...listed(
      'instructions',
      own(el, 'instructions').map((one) => one.getText()),
    ),
    ...listed('fields', fieldsIn(el)),
    ...(reported && listed('reported', fieldsIn(reported))),
    ...listed('items', own(el, 'item').map(fieldsIn)),
  };
}

function parseField(el: El, formType: Form['type']): Field {
  const type = typeOf(el.attrs.type, formType);
  const { var: name, label } = el.attrs;
  if (name === undefined && type !== 'fixed') fail('a field without a name');
  const values = own(el, 'value').map((value) => value.getText());
  if (type !== undefined && values.length > 1 && !multiple.has(type)) fail('more than one value');
  const desc = textIn(el, 'desc');
  return {
    ...(name !== undefined && { var: name }),
    ...(type !== undefined && { type }),
    ...(label !== undefined && { label }),
    ...(desc !== undefined && { desc }),
    ...(own(el, 'required').length > 0 && { required: true }),
    ...listed('options', own(el, 'option').map(parseOption)),
    ...listed('values', type === 'jid-multi' ? withoutRepeats(values) : values),
  };
}

/** §3.2: only a form to fill in must say what its fields are; §3.3: a type of later times is text. */
function typeOf(written: string | undefined, formType: Form['type']): Field['type'] {
  if (written === undefined) return formType === 'form' ? 'text-single' : undefined;
  return fieldTypes.find((known) => known === written) ?? 'text-single';
}

function parseOption(el: El): Option {
  const [value, ...more] = own(el, 'value');
  if (!value || more.length > 0) return fail('an option without exactly one value');
  const { label } = el.attrs;
  return { ...(label !== undefined && { label }), value: value.getText() };
}

/** §3.3: a JID counts once; the first spelling stays. */
function withoutRepeats(jids: readonly string[]): string[] {
  const seen = new Map<string, string>();
  for (const text of jids) {
    const jid = parse(text);
    const key = jid ? format(jid) : text;
    if (!seen.has(key)) seen.set(key, text);
  }
  return [...seen.values()];
}

function own(parent: El, name: string): El[] {
  return parent.getChildren(name).filter((child) => child.getNS() === ns.xdata);
}

function textIn(parent: El, name: string): string | undefined {
  return own(parent, name)[0]?.getText();
}

function listed<K extends string, T>(name: K, list: readonly T[]): { [key in K]?: readonly T[] } {
  return list.length > 0 ? ({ [name]: list } as { [key in K]: readonly T[] }) : {};
}

function fail(what: string): never {
  throw new CpimError('malformed', what, 0);
}

/** In the order of the schema (§8). */
export function formatForm({ type, title, instructions = [], fields = [], reported = [], items = [] }: Form): El {
  const columns = reported.length > 0 ? [xml('reported', {}, ...reported.map(formatField))] : [];
  return xml(
    'x',
    { xmlns: ns.xdata, type },
    ...(title === undefined ? [] : [xml('title', {}, title)]),
    ...instructions.map((text) => xml('instructions', {}, text)),
    ...fields.map(formatField),
    ...columns,
    ...items.map((row) => xml('item', {}, ...row.map(formatField))),
  );
}

function formatField({ var: name, type, label, desc, required, options = [], values, text }: Field): El {
  const written = values ?? text?.split(/\r?\n/) ?? [];
  return xml(
    'field',
    { var: name, type, label },
    ...(desc === undefined ? [] : [xml('desc', {}, desc)]),
    ...(required === true ? [xml('required')] : []),
    ...written.map((value) => xml('value', {}, value)),
    ...options.map((option) => xml('option', { label: option.label }, xml('value', {}, option.value))),
  );
}
