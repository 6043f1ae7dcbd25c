import { CpimError } from '../../../cpim/error.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';

/** A value of XML-RPC. Times and octets are as they are written. */
export type RpcValue =
  | { readonly type: 'int' | 'double'; readonly value: number }
  | { readonly type: 'string' | 'dateTime' | 'base64'; readonly value: string }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'array'; readonly value: readonly RpcValue[] }
  | { readonly type: 'struct'; readonly value: Readonly<Record<string, RpcValue>> };

export type Rpc =
  | { readonly method: string; readonly params: readonly RpcValue[] }
  | { readonly params: readonly RpcValue[] }
  | { readonly fault: { readonly code: number; readonly string: string } };

/** The `<query/>` of a call, an answer or a fault (XEP-0009). Throws a CpimError for what is none. */
export function parseRpc(query: El): Rpc {
  if (query.getName() !== 'query' || query.getNS() !== ns.rpc) fail('not an RPC');
  const el = only(query);
  if (el.getName() === 'methodCall') return callOf(el);
  if (el.getName() !== 'methodResponse') return fail('neither a call nor an answer');
  const inner = only(el);
  if (inner.getName() === 'fault') return { fault: faultOf(valueIn(only(inner, 'value'))) };
  if (inner.getName() !== 'params') return fail('an answer without a value');
  return { params: [valueIn(only(only(inner, 'param'), 'value'))] };
}

function callOf(el: El): Rpc {
  const [name, params, ...more] = el.getChildElements();
  const method = name?.getName() === 'methodName' ? name.getText().trim() : '';
  if (!/^[A-Za-z0-9_.:/]+$/.test(method)) fail('a call without a method');
  if (more.length > 0 || (params && params.getName() !== 'params')) fail('a call with more than its parameters');
  return { method, params: params?.getChildElements().map(paramOf) ?? [] };
}

function paramOf(el: El): RpcValue {
  return el.getName() === 'param' ? valueIn(only(el, 'value')) : fail('not a parameter');
}

function faultOf(value: RpcValue): { code: number; string: string } {
  const { faultCode: code, faultString: text } = value.type === 'struct' ? value.value : {};
  if (code?.type !== 'int' || text?.type !== 'string') return fail('a fault without its code or its text');
  return { code: code.value, string: text.value };
}

/** Text without a type is a string. */
function valueIn(el: El): RpcValue {
  const text = el.getText();
  if (el.getChildElements().length === 0) return { type: 'string', value: text };
  if (text.trim() !== '') fail('text beside a value');
  const typed = only(el);
  return (readers[typed.getName()] ?? fail('a value of no known type'))(typed);
}

const readers: Readonly<Record<string, (el: El) => RpcValue>> = {
  int: intOf,
  i4: intOf,
  string: (el) => ({ type: 'string', value: el.getText() }),
  boolean: (el) => ({ type: 'boolean', value: wordOf(el, /^[01]$/) === '1' }),
  double: (el) => ({ type: 'double', value: Number(wordOf(el, /^[+-]?(?:\d+\.?\d*|\.\d+)$/)) }),
  'dateTime.iso8601': (el) => ({ type: 'dateTime', value: wordOf(el, /^\d{4}-?\d\d-?\d\dT\d\d:\d\d:\d\d\S*$/) }),
  base64: octetsOf,
  // The spelling of earlier versions.
  Base64: octetsOf,
  array: (el) => ({ type: 'array', value: only(el, 'data').getChildElements().map(itemOf) }),
  struct: (el) => ({ type: 'struct', value: Object.fromEntries(el.getChildElements().map(memberOf)) }),
};

function intOf(el: El): RpcValue {
  const value = Number(wordOf(el, /^[+-]?\d{1,10}$/));
  if (value !== (value | 0)) fail('an integer of more than 32 bits');
  // No number is minus nothing.
  return { type: 'int', value: value | 0 };
}

function octetsOf(el: El): RpcValue {
  const value = el.getText().replace(/\s/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)) fail('not base64');
  return { type: 'base64', value };
}

function itemOf(el: El): RpcValue {
  return el.getName() === 'value' ? valueIn(el) : fail('not an item of an array');
}

function memberOf(el: El): [string, RpcValue] {
  const [name, value, ...more] = el.getName() === 'member' ? el.getChildElements() : [];
  if (name?.getName() !== 'name' || value?.getName() !== 'value' || more.length > 0) return fail('not a member of a struct');
  return [name.getText(), valueIn(value)];
}

function wordOf(el: El, grammar: RegExp): string {
  const word = el.getText().trim();
  return grammar.test(word) ? word : fail('a value that its type cannot have');
}

/** The one element inside. */
function only(parent: El, name?: string): El {
  const [child, ...more] = parent.getChildElements();
  if (!child || more.length > 0 || (name !== undefined && child.getName() !== name)) return fail(`not one ${name ?? 'element'}`);
  return child;
}

function fail(what: string): never {
  throw new CpimError('malformed', what, 0);
}
