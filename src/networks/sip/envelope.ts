import { fromCpim, toCpim } from '../../cpim/carry/carry.ts';
import type { Envelope } from '../../cpim/envelope.ts';
import { format, parse } from '../../cpim/message/message.ts';
import { imdnNs } from '../../cpim/message/namespaces.ts';
import { again } from '../../cpim/message/wrap.ts';
import type { SipRequest } from './message.ts';
import { cpimToRequest, requestToCpim } from './page.ts';

/** An envelope as a MESSAGE request; what it could not carry has to be in words already. Throws a CpimError. */
export function requestOf(envelope: Envelope): SipRequest {
  return cpimToRequest(toCpim(envelope));
}

/** A MESSAGE request as an envelope; `id` and `time` are its own where it brings none (RFC 3428 has neither). Throws a CpimError. */
export function envelopeOf(request: SipRequest, { id, time }: Pick<Envelope, 'id' | 'time'>): Envelope {
  const message = parse(requestToCpim(request), 'lenient');
  const has = (name: string, ns?: string): boolean => message.headers.some((one) => one.name === name && one.ns === ns);
  const more = [
    ...(has('DateTime') ? [] : [{ name: 'DateTime', value: time }]),
    ...(has('Message-ID', imdnNs) ? [] : [{ ns: imdnNs, name: 'Message-ID', value: id }]),
  ];
  return fromCpim(format([...message.headers.map(again), ...more], message.mime, message.body));
}
