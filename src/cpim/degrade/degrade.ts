import type { Capabilities } from '../capabilities.ts';
import type {
  Degradation,
  Edit,
  Envelope,
  Feature,
  Id,
  Level,
  Payload,
  Reaction,
  Retraction,
  Target,
  Text,
} from '../envelope.ts';
import type { Reason } from '../reasons.ts';
import { formattingStep, mentionsStep } from './formatting.ts';
import { languagesStep } from './languages.ts';
import { nameOf } from './line.ts';
import {
  invitationLine,
  known,
  mediaLine,
  membershipLine,
  opaqueLine,
  type Quote,
  reactionLine,
  retractionLine,
} from './phrases.ts';
import { refusal } from './refusals.ts';
import type { Step } from './step.ts';
import { cutTo, editing, emoteIn, quoting, spokenBy } from './wording.ts';

export interface Context {
  /** The speaker's name, when the message must be said in our own voice (relay); absent: as good as `identity` is there. */
  readonly speaker?: string;
  /** What is known of the message that this one is about: shown in a quote. */
  readonly quote?: Quote;
  /** The target of the relation has native ids at this endpoint. */
  readonly targetKnown: boolean;
}

export type Degraded =
  /** With the losses added to `envelope.degradations`. */
  | { readonly kind: 'deliver'; readonly envelope: Envelope }
  /** Nothing is shown here; recorded in `envelope.degradations`. */
  | { readonly kind: 'drop'; readonly envelope: Envelope }
  /** The sender gets an error. */
  | { readonly kind: 'reject'; readonly why: Reason };

/**
 * Makes of an envelope what an endpoint can carry (cpim.md §4.5). Never silent: `degradations` grows exactly when something is
 * lost. Done again with the same arguments it changes nothing; that a name is in the text already is known from the loss of
 * `identity` that was recorded with it.
 */
export function degrade(envelope: Envelope, capabilities: Capabilities, context: Context): Degraded {
  const passage = new Passage(envelope, capabilities, context);
  const end =
    passage.payloadStep() ??
    passage.relayStep() ??
    passage.replyStep() ??
    passage.threadStep() ??
    passage.formattingStep() ??
    passage.lengthStep() ??
    passage.languagesStep();
  if (end === 'drop') return { kind: 'drop', envelope: passage.dropped() };
  return end === undefined ? { kind: 'deliver', envelope: passage.result() } : { kind: 'reject', why: end };
}

/** Why it goes no further; undefined: it goes on. */
type End = 'drop' | Reason | undefined;

// Losses that tell that the text names who it is about, or is nobody's: no name is put before it (again).
const telling: ReadonlySet<Feature> = new Set(['identity', 'membership', 'rename', 'notice']);

class Passage {
  private payload: Payload;
  private reply: Target | undefined;
  private thread: Id | undefined;
  private readonly losses: Degradation[];
  private readonly speaker: string | undefined;

  constructor(
    private readonly envelope: Envelope,
    private readonly capabilities: Capabilities,
    private readonly context: Context,
  ) {
    this.payload = envelope.payload;
    this.reply = envelope.reply;
    this.thread = envelope.thread;
    this.losses = [...envelope.degradations];
    const own = capabilities.features.identity === 'fallback' ? (envelope.from.name ?? '') : undefined;
    const speaker = context.speaker ?? own;
    this.speaker = speaker === undefined ? undefined : nameOf({ ...envelope.from, name: speaker });
  }

  result(): Envelope {
    const { envelope, payload, reply, thread } = this;
    const isSame = payload === envelope.payload && reply === envelope.reply && thread === envelope.thread;
    if (isSame && this.losses.length === envelope.degradations.length) return envelope;
    const { reply: _, thread: __, ...rest } = envelope;
    return { ...rest, payload, ...(reply && { reply }), ...(thread && { thread }), degradations: this.losses };
  }

  dropped(): Envelope {
    return { ...this.envelope, degradations: this.losses };
  }

  /** Repeated until the payload is one that passes: the line that stands for something else may itself have to change. */
  payloadStep(): End {
    const { payload } = this;
    switch (payload.kind) {
      case 'text':
        return this.text(payload);
      case 'edit':
        return this.either('edit', this.context.targetKnown, () => editing(payload, this.quote(payload))) ?? this.edit();
      case 'retraction':
        return this.either('retraction', this.context.targetKnown, () => line(retractionLine(payload, this.quote(payload))));
      case 'reaction':
        return this.reaction(payload);
      case 'media':
        return this.either('media', true, () => line(mediaLine(payload)));
      case 'membership': {
        const feature = payload.change === 'rename' ? 'rename' : 'membership';
        // Who comes and goes is told by the accounts themselves; in our own voice it can only be said.
        const isNative = this.speaker === undefined;
        return this.either(feature, isNative, () => this.nobodys(membershipLine(payload, this.envelope.from)));
      }
      case 'invitation':
        return this.either('invitation', true, () => line(invitationLine(payload)));
      case 'notice':
        return this.either('notice', true, () => this.nobodys(payload.text, 'text'));
      case 'opaque':
        return this.either('opaque', true, () => line(opaqueLine(payload)));
    }
  }

  /** In our own voice the text says who speaks. Where there is no text to say it in, the name is lost. */
  relayStep(): End {
    const { payload, speaker } = this;
    const level = this.capabilities.features.identity;
    if (payload.kind === 'notice') return undefined;
    if (speaker === undefined) {
      if (level === 'partial' || level === 'dropped') this.lose('identity', level);
      return undefined;
    }
    if (level === 'rejected') return refusal('identity', payload);
    if (this.losses.some((loss) => telling.has(loss.feature))) return undefined;
    const spoken = spokenBy(payload, speaker);
    this.payload = spoken ?? payload;
    this.lose('identity', spoken ? 'fallback' : 'dropped');
    return undefined;
  }

  replyStep(): End {
    const { reply } = this;
    if (reply === undefined) return undefined;
    const level = this.capabilities.features.reply;
    if (level === 'rejected') return refusal('reply', this.payload);
    if ((level === 'full' || level === 'partial') && this.context.targetKnown) {
      if (level === 'partial') this.lose('reply', 'partial');
      return undefined;
    }
    // The context speaks of one message: of what the payload is about, if it is about one.
    const quote = known(reply, 'target' in this.envelope.payload ? undefined : this.context.quote);
    const shown = level === 'dropped' ? this.payload : quoting(this.payload, quote);
    this.lose('reply', shown === this.payload ? 'dropped' : 'fallback');
    this.payload = shown;
    this.reply = undefined;
    return undefined;
  }

  /** A thread has no form in words: without it the message stands in the room itself. */
  threadStep(): End {
    if (this.thread === undefined) return undefined;
    const level = this.capabilities.features.thread;
    if (level === 'rejected') return refusal('thread', this.payload);
    if (level === 'partial') this.lose('thread', 'partial');
    if (level === 'full' || level === 'partial') return undefined;
    this.thread = undefined;
    this.lose('thread', 'dropped');
    return undefined;
  }

  formattingStep(): End {
    const end = this.step('formatting', formattingStep(this.payload, this.capabilities));
    return end ?? this.step('mentions', mentionsStep(this.payload, this.capabilities));
  }

  lengthStep(): End {
    const limit = this.capabilities.textOctets;
    const level = this.capabilities.features.length;
    // `full`: the network splits a long text itself, and nothing is lost.
    if (limit === undefined || level === 'full') return undefined;
    const short = cutTo(this.payload, limit, level === 'fallback' ? '… (cut)' : '');
    if (short === this.payload) return undefined;
    if (level === 'rejected') return refusal('length', this.payload);
    if (level !== 'partial') this.payload = short;
    this.lose('length', level);
    return undefined;
  }

  languagesStep(): End {
    return this.step('languages', languagesStep(this.payload, this.envelope.payload, this.capabilities));
  }

  private step(feature: Feature, { payload, level }: Step): End {
    if (level === 'rejected') return refusal(feature, this.payload);
    this.payload = payload;
    if (level !== 'full') this.lose(feature, level);
    return undefined;
  }

  private text(payload: Text): End {
    const level = this.capabilities.features.text;
    if (level === 'rejected') return refusal('text', this.payload);
    if (level !== 'full') this.lose('text', level);
    if (level === 'dropped') return 'drop';
    const said = this.said(payload);
    if ('code' in said) return said;
    this.payload = said;
    return undefined;
  }

  private edit(): End {
    if (this.payload.kind !== 'edit') return undefined;
    const said = this.said(this.payload.text);
    if ('code' in said) return said;
    if (said !== this.payload.text) this.payload = { ...this.payload, text: said };
    return undefined;
  }

  /** In the manner that is possible here. */
  private said(text: Text): Text | Reason {
    if (text.manner === 'plain') return text;
    const level = this.capabilities.features[text.manner];
    if (level === 'full') return text;
    if (level === 'rejected') return refusal(text.manner, this.payload);
    this.lose(text.manner, level);
    if (level === 'partial') return text;
    if (text.manner === 'automated' || level === 'dropped') return { ...text, manner: 'plain' };
    const isNamed = this.losses.some((loss) => loss.feature === 'identity');
    const speaker = isNamed ? undefined : this.speaker;
    if (speaker !== undefined) this.lose('identity', 'fallback');
    return emoteIn(speaker ?? nameOf(this.envelope.from), text);
  }

  private reaction(payload: Reaction): End {
    // In our own voice the reactions of many would be one person's, and each would replace the others.
    const isNative = this.context.targetKnown && this.speaker === undefined;
    const shown = reactionLine(payload, this.quote(payload));
    const level = this.capabilities.features.reaction;
    if (shown === undefined && level !== 'rejected' && (!isNative || level === 'fallback')) {
      this.lose('reaction', 'dropped');
      return 'drop';
    }
    const manner = this.capabilities.features.emote === 'full' ? 'emote' : 'plain';
    return this.either('reaction', isNative, () => ({ kind: 'text', manner, text: shown ?? '' }));
  }

  /** As it is, or something else instead, or not at all. */
  private either(feature: Feature, isNative: boolean, instead: () => Payload): End {
    const level = this.capabilities.features[feature];
    if (level === 'rejected') return refusal(feature, this.payload);
    if (level === 'dropped') {
      this.lose(feature, 'dropped');
      return 'drop';
    }
    if (level === 'full' && isNative) return undefined;
    if (level === 'partial' && isNative) {
      this.lose(feature, 'partial');
      return undefined;
    }
    this.lose(feature, 'fallback');
    this.payload = instead();
    return this.payloadStep();
  }

  /** A line that is nobody's words, so that no software answers it. */
  private nobodys(text: string, form: 'notice' | 'text' = 'notice'): Payload {
    if (form === 'notice' && this.capabilities.features.notice === 'full') return { kind: 'notice', text };
    return { kind: 'text', manner: this.capabilities.features.automated === 'full' ? 'automated' : 'plain', text };
  }

  private quote({ target }: Edit | Retraction | Reaction): Quote {
    return known(target, this.context.quote);
  }

  private lose(feature: Feature, level: Exclude<Level, 'full'>): void {
    if (!this.losses.some((loss) => loss.feature === feature && loss.level === level)) this.losses.push({ feature, level });
  }
}

function line(text: string): Text {
  return { kind: 'text', manner: 'plain', text };
}
